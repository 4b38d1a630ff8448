import fc from 'fast-check'
import {
  type Coroutine,
  createTask,
  currentTask,
  ExceptionGroup,
  Future,
  getRunningLoop,
  run,
  runSync,
  sleep,
  type Task,
  wait,
} from 'spindle'
import { isFuture } from 'spindle/more'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CONTROL, fuzzOptions, HOSTILE } from './on-built.ts'

let printed = ''
beforeEach(() => {
  printed = ''
  for (const name of ['error', 'warn'] as const)
    vi.spyOn(console, name).mockImplementation((...args) => {
      printed += `${args.map(String).join(' ')}\n`
    })
})
afterEach(() => void vi.restoreAllMocks())

/** What is printed when nobody retrieves the exception. */
function reportOf(exception: unknown): string {
  printed = ''
  runSync(function* () {
    getRunningLoop().callExceptionHandler({ message: 'nobody retrieved it', exception })
  })
  return printed
}

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE, '\n', 'forged: line'), fc.string()), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))

describe('The report of an unretrieved exception is limited', () => {
  interface Shape {
    readonly errors: readonly Shape[]
    readonly cause: Shape | undefined
    readonly long: number
    readonly kind: number
  }
  const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
    shape: fc.record({
      errors: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('shape'), { maxLength: 40 })),
      cause: fc.oneof({ maxDepth: 12 }, fc.constant(undefined), tie('shape')),
      long: fc.constantFrom(0, 10, 100_000),
      kind: fc.nat(3),
    }),
  }))

  function build(shape: Shape, made: Error[]): Error {
    const number = made.length
    const message = `<${number}>${'x'.repeat(shape.long)}`
    const again = made[number % 7]
    if (shape.kind === 3 && again !== undefined) return again // the same error a second time, or in a circle
    const error: Error =
      shape.errors.length === 0 ? new Error(message) : new ExceptionGroup(message, [new Error('first')])
    made.push(error)
    const errors = shape.errors.map((each) => build(each, made))
    if (errors.length > 0) Object.defineProperty(error, 'errors', { value: errors })
    if (shape.cause !== undefined) error.cause = build(shape.cause, made)
    return error
  }

  it('whatever the exception is made of', () => {
    fc.assert(
      fc.property(shape, (root) => {
        const made: Error[] = []
        const report = reportOf(build(root, made))
        expect(report.length).toBeLessThan(33_000)
        for (let n = 0; n < made.length; n++) expect(report.split(`<${n}>`).length).toBeLessThanOrEqual(2)
      }),
      fuzzOptions(30),
    )
  })

  it('for the widest, the deepest and the longest', () => {
    const group = (depth: number, width: number): Error =>
      new ExceptionGroup(
        `g${depth}`,
        depth === 0 ? [new Error('leaf')] : Array.from({ length: width }, () => group(depth - 1, width)),
      )
    expect(reportOf(group(4, 15)).length).toBeLessThan(33_000)
    const members = reportOf(
      new ExceptionGroup(
        'wide',
        Array.from({ length: 1000 }, (_, n) => new Error(`m${n}.`)),
      ),
    )
    expect(members.match(/m\d+\./g)?.length).toBe(15)
    let chain = new Error('c0.')
    for (let n = 1; n < 1000; n++) chain = new Error(`c${n}.`, { cause: chain })
    expect(reportOf(chain).match(/c\d+\./g)?.length).toBeLessThanOrEqual(11)
    expect(reportOf(group(1000, 1)).match(/g\d+/g)?.length).toBeLessThanOrEqual(11)
  })
})

describe('Names of Tasks, functions, classes and errors, keys and symbols cannot forge a line', () => {
  it('in a Task, and in a report', () => {
    const shows = (name: string): string[] => {
      const texts: string[] = []
      runSync(
        (function* (): Coroutine<void> {
          class Own extends Error {}
          Object.defineProperty(Own, 'name', { value: name })
          const error = Object.assign(new Own('m'), { name, [name]: 1, [Symbol(name)]: 2 })
          error.stack = `${name}: m\n    at main.ts:1`
          const fn = Object.defineProperty(
            function* (): Coroutine<unknown> {
              return { [name]: Own, s: Symbol(name), f: fn, t: currentTask() }
            },
            'name',
            { value: name },
          )
          const task = createTask(fn(), { name })
          texts.push(String(task))
          yield* task
          texts.push(String(task))
          const failed = createTask(
            (function* (): Coroutine<void> {
              throw error
            })(),
            { name },
          )
          yield* wait([failed])
          texts.push(String(failed))
          printed = ''
          getRunningLoop().callExceptionHandler({
            message: 'm',
            [name]: Symbol(name),
            exception: new TypeError('x', { cause: { [name]: Symbol(name) } }),
            task: failed as Task,
            future: task,
          })
          texts.push(...printed.trimEnd().split('\n'))
        })(),
      )
      return texts
    }
    const harmless = shows('harmless').length
    fc.assert(
      fc.property(hostile, (name) => {
        const texts = shows(name)
        for (const text of texts) expect(text).not.toMatch(CONTROL)
        expect(texts.length).toBe(harmless)
        expect(texts.join('')).not.toContain('\n')
      }),
      fuzzOptions(50),
    )
  })
})

describe('Printing a value calls none of its getters', () => {
  const show = (value: unknown): string => {
    const future = runSync(function* () {
      const made = getRunningLoop().createFuture<unknown>()
      made.setResult(value)
      return [made]
    })[0]
    expect(isFuture(future)).toBe(true)
    return String(future)
  }

  it('whatever it is', () => {
    let calls = 0
    const getter = { get: () => ++calls, enumerable: true, configurable: true }
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.anything(),
        fc.dictionary(fc.string(), tie('value')),
        fc.array(tie('value')),
        fc.array(tie('value')).map((list) => new Set(list)),
        fc.array(tie('value')).map((list) => new Map(list.map((each) => [each, each]))),
      ),
    })).value
    fc.assert(
      fc.property(
        value,
        fc.array(fc.constantFrom(...'name length toString constructor toJSON stack message size then own'.split(' '))),
        (inner, names) => {
          const object = { inner }
          for (const each of [
            object,
            [object],
            Object.create(object),
            new Error('m'),
            () => {},
            new Map(),
            new Date(),
            class {},
          ]) {
            for (const name of [...names, Symbol.toStringTag, Symbol.toPrimitive])
              Reflect.defineProperty(each, name, getter)
            calls = 0 // Node itself asks for a name when `stack` is defined
            show(each)
            expect(calls).toBe(0)
          }
        },
      ),
      fuzzOptions(30),
    )
  })

  it('and touches no more of a large one', () => {
    const touches = (size: number): number => {
      let count = 0
      const list = new Proxy(
        Array.from({ length: size }, (_, n) => n),
        new Proxy(
          {},
          {
            get:
              (_, trap) =>
              (...args: unknown[]) => {
                count++
                return Reflect.apply(Reflect.get(Reflect, trap) as () => unknown, Reflect, args)
              },
          },
        ),
      )
      show(list)
      show([list, list])
      return count
    }
    expect(touches(100_000)).toBe(touches(1000))
    for (const big of [
      'x'.repeat(1e6),
      Array(1e6).fill(0),
      new Map(Array.from({ length: 1e5 }, (_, n) => [n, n])),
      10n ** 100_000n,
      new Uint8Array(1e6),
    ])
      expect(show(big).length).toBeLessThan(2000)
  })
})

describe('Any value that a Task throws', () => {
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const bad = (): never => {
    throw new Error('nobody asks me')
  }
  const odd = fc.constantFrom<() => unknown>(
    revoked,
    () => new Proxy({}, { get: bad, has: bad, getPrototypeOf: bad, ownKeys: bad, getOwnPropertyDescriptor: bad }),
    () => ({ toString: bad, [Symbol.toPrimitive]: bad }),
    () => Object.create(null),
    () =>
      new (class extends Error {
        override get message(): string {
          return bad()
        }
        override get stack(): string {
          return bad()
        }
      })(),
    () => ({ __proto__: revoked() }),
    () => new Error('m', { cause: revoked() }),
    () => new AggregateError([revoked(), undefined]),
    () => new Future(),
    () => undefined,
    () => Symbol('s'),
  )
  const thrown = fc.oneof(
    odd.map((make) => make),
    fc.anything().map((value) => () => value),
  )

  it('becomes its exception, and a report names the Task', () => {
    fc.assert(
      fc.property(thrown, (make) => {
        printed = ''
        let value: unknown
        let went = 0
        function* victim(): Coroutine<void> {
          yield* sleep(0)
          throw value
        }
        runSync(function* () {
          value = make()
          const task = createTask(victim())
          yield* wait([task])
          const exception = task.exception()
          if (value === undefined) expect(String(exception)).toContain('undefined was thrown')
          else if (!Object.is(exception, value)) expect((exception as Error).cause ?? exception).toBe(value) // wrapped
          createTask(victim(), { name: 'lost one' })
          yield* sleep(1)
          went++
        })
        expect([went, printed]).toEqual([1, expect.stringContaining('lost one')])
      }),
      fuzzOptions(50),
    )
  })

  it('in run() as well: it rejects, and does not hang', async () => {
    for (const value of [undefined, null, revoked(), Symbol('s')]) {
      const outcome = await run(function* () {
        yield* sleep(0)
        throw value
      }).then(
        () => 'resolved',
        () => 'rejected',
      )
      expect(outcome).toBe('rejected')
    }
  })
})
