import { type Coroutine, createTask, gather, Lock, sleep, type Task } from 'spindle'
import { describe, expect, it } from 'vitest'
import { type ExploreOptions, explore } from './explore.ts'

function* steps(note: (n: number) => void = () => {}): Coroutine<void> {
  for (let n = 1; n < 3; n++) {
    note(n)
    yield* sleep(0)
  }
  note(3)
}

const onlyOrder = { order: 'any', cancel: 'never', times: 'written' } as const

/** Every order in which a program notes its steps. */
async function ordersOf(
  program: (log: string[]) => Coroutine<unknown>,
  options: ExploreOptions<string[], unknown> = {},
): Promise<{ readonly orders: string[]; readonly runs: number; readonly covered: string }> {
  const orders = new Set<string>()
  const { runs, covered } = await explore(program, {
    ...onlyOrder,
    setup: () => [] as string[],
    check: ({ given }) => void orders.add(given.join(' ')),
    ...options,
  })
  return { orders: [...orders].sort(), runs, covered }
}

let lock: Lock

function ordersIn(covered: string): number {
  return Number(/order: (\d+)/.exec(covered)?.[1])
}

describe('explore() in any order', () => {
  it('takes few runs for Tasks that are apart, and ends them in every order', async () => {
    function* program(log: string[]): Coroutine<void> {
      const named = function* (name: string): Coroutine<void> {
        yield* steps()
        log.push(name)
      }
      yield* gather(['a', 'b', 'c'].map((name) => createTask(named(name), { name })))
    }
    const { orders, runs, covered } = await ordersOf(program, { apart: ['main/a', 'main/b', 'main/c'] })
    expect(orders).toHaveLength(6)
    expect(covered).toBe('order: 6 of 6, by chance: 6')
    expect(runs).toBe(14) // with the ordinary runs
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
      expect.stringMatching(/^order: (\d+) of \1,/),
      expect.stringMatching(/^order: (\d+) of \1,/),
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
