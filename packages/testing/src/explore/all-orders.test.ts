import {
  type Awaitable,
  asCompleted,
  type Coroutine,
  createTask,
  FIRST_COMPLETED,
  gather,
  getRunningLoop,
  Lock,
  sleep,
  type Task,
  taskGroup,
  wait,
} from 'spindle'
import { describe, expect, it } from 'vitest'
import { assertThrows } from '../assert-throws.ts'
import { type ExploreOptions, explore, exploreProgram } from './explore.ts'

const onlyOrder = { order: 'any', cancel: 'never', times: 'written' } as const

/** Every order in which a program notes its steps. */
async function ordersOf(
  program: (log: string[]) => Coroutine<unknown>,
  options: ExploreOptions<string[], unknown> = {},
): Promise<{ readonly orders: string[]; readonly runs: number; readonly covered: string }> {
  const orders = new Set<string>()
  const setup = (): string[] => []
  const check = ({ given }: { readonly given: string[] }): void => void orders.add(given.join(' '))
  const all: ExploreOptions<string[], unknown> = { ...onlyOrder, setup, check, ...options }
  const { runs, covered } = await exploreProgram(program, all, { algorithms: [] })
  return { orders: [...orders].sort(), runs, covered }
}

let lock: Lock

function ordersIn(covered: string): number {
  return Number(/order: (\d+)/.exec(covered)?.[1])
}

describe('explore() in any order', () => {
  const names = ['a', 'b', 'c']
  const apart = names.map((name) => `main/${name}`)
  function* named(name: string): Coroutine<string> {
    yield* sleep(5)
    yield* sleep(0)
    return name
  }
  const start = (work = named): Task<string>[] => names.map((name) => createTask(work(name), { name }))

  it.each<[string, () => Awaitable<unknown>]>([
    ['gather', () => gather(start())],
    ['wait', () => wait(start())],
    [
      'taskGroup',
      () =>
        taskGroup((group) => {
          for (const name of names) group.createTask(named(name), { name })
        }),
    ],
  ])('takes no run but the ordinary ones for Tasks that are apart, and awaited with %s', async (_, together) => {
    function* program(): Coroutine<void> {
      yield* together()
    }
    const { runs, covered } = await ordersOf(program, { apart })
    expect({ runs, covered }).toEqual({ runs: 2, covered: 'order: 1 of 1' })
  })

  it.each<[string, (log: string[]) => Coroutine<void>, string[]]>([
    [
      'asCompleted',
      function* (log) {
        for (const next of asCompleted(start())) log.push(yield* next)
      },
      ['a b c', 'a c b', 'b a c', 'b c a', 'c a b', 'c b a'],
    ],
    [
      'gather, and they fail',
      function* (log) {
        function* failing(name: string): Coroutine<string> {
          throw new Error(yield* named(name))
        }
        const error = yield* assertThrows(gather(start(failing)))
        log.push((error as Error).message)
      },
      names,
    ],
    [
      'wait, where callbacks come between',
      function* (log) {
        function* calling(name: string): Coroutine<string> {
          const called = getRunningLoop().createFuture<void>()
          const call = (): void => called.setResult()
          getRunningLoop().callLater(1, name === 'a' ? call : () => getRunningLoop().callSoon(call))
          yield* called
          return name
        }
        const { done } = yield* wait(start(calling), { returnWhen: FIRST_COMPLETED })
        log.push([...done].map((task) => task.result()).join('+'))
      },
      ['a', 'a+b', 'a+b+c', 'a+c', 'b', 'b+c', 'c'],
    ],
    [
      'a promise',
      function* (log) {
        for (const task of start()) void task.then((name) => log.push(name))
        yield* sleep(10)
      },
      ['a b c', 'a c b', 'b a c', 'b c a', 'c a b', 'c b a'],
    ],
  ])('ends Tasks that are apart in every order, if that is seen by %s', async (_, program, orders) => {
    expect((await ordersOf(program, { apart })).orders).toEqual(orders)
  })

  it.each<[string, () => Coroutine<void>, (note: (what: string) => void, apart: Task) => Coroutine<void>]>([
    [
      'await its end',
      () => sleep(0),
      function* (note, apart) {
        yield* apart
        note('got')
      },
    ],
    [
      'have nothing to do with it',
      () => sleep(0),
      function* (note) {
        note('first')
        yield* sleep(0)
        note('second')
      },
    ],
    [
      'share a lock, and it has a child and callbacks',
      function* () {
        createTask(sleep(0)).addDoneCallback(() => {})
      },
      function* (note) {
        using _ = yield* lock.acquire()
        note('has the lock')
      },
    ],
  ])('tries every order of Tasks that are not apart: they %s', async (_, apart, work) => {
    function* program(log: string[]): Coroutine<void> {
      lock = new Lock()
      const one = createTask(apart(), { name: 'apart' })
      const other = createTask(work((what) => log.push(`other ${what}`), one))
      yield* work((what) => log.push(`main ${what}`), one)
      yield* other
      yield* one
    }
    const reduced = await ordersOf(program, { apart: ['main/apart'] })
    const all = await ordersOf(program)
    expect(reduced.orders).toEqual(all.orders)
    expect([reduced.covered, all.covered]).toEqual([
      expect.stringMatching(/^order: (\d+) of \1$/),
      expect.stringMatching(/^order: (\d+) of \1$/),
    ])
    expect(ordersIn(reduced.covered)).toBeLessThan(ordersIn(all.covered))
  })

  it('enumerates each order once, where Tasks share a lock', async () => {
    function* program(log: string[]): Coroutine<void> {
      lock = new Lock()
      function* worker(name: string): Coroutine<void> {
        using _ = yield* lock.acquire()
        log.push(name)
      }
      yield* gather(['a', 'b', 'c'].map(worker))
    }
    const { orders, covered } = await ordersOf(program)
    expect(orders).toEqual(['a b c', 'a c b', 'b a c', 'b c a', 'c a b', 'c b a'])
    expect(covered).toMatch(/^order: (\d+) of \1/)
  })

  it('refuses a Task that is apart and does not exist', async () => {
    await expect(explore(() => sleep(1), { order: 'any', apart: ['main/x'] })).rejects.toThrow(
      'apart: there is no Task main/x, but main',
    )
  })
})
