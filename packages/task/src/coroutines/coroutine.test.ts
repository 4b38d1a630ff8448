import { type Coroutine, type ExceptionContext, type Future, getRunningLoop, RuntimeError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { afterEach, describe, expect, vi } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { gather } from '../combinators/gather.ts'
import { runSync } from '../run/runner.ts'
import { Lock } from '../sync/lock.ts'
import { createTask, ensureFuture } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { coroutine } from './coroutine.ts'
import { isCoroutine, isCoroutineFunction } from './is-coroutine.ts'
import { sleep } from './sleep.ts'

const give: <T>(value: T, turns?: number) => Coroutine<T> = coroutine(function* give<T>(
  value: T,
  turns = 1,
): Coroutine<T> {
  for (let turn = 0; turn < turns; turn++) yield* sleep(0)
  return value
})

const fail: (message: string, turns?: number) => Coroutine<never> = coroutine(function* fail(
  message: string,
  turns = 1,
): Coroutine<never> {
  for (let turn = 0; turn < turns; turn++) yield* sleep(0)
  throw new TypeError(message)
})

/** How `work` ended, as text. */
function* ending(work: () => Coroutine<unknown>): Coroutine<string> {
  try {
    return `returned ${yield* work()}`
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`
  }
}

const VERY_MANY = longForm ? 100_000 : 20_000

describe('coroutine()', () => {
  // As a compiler that knows decorators calls it; types are tried in task.test-d.ts.
  it('is a decorator of methods', () => {
    class Scale {
      *apply(n: number): Coroutine<number> {
        return this.factor() * (yield* give(n))
      }

      factor(): number {
        return 2
      }
    }
    const context = { kind: 'method', name: 'apply' }
    Scale.prototype.apply = Reflect.apply(coroutine, undefined, [Scale.prototype.apply, context])
    const applied = new Scale().apply(21)
    expect([String(applied), runSync(applied)]).toEqual(['<coroutine object apply>', 42])
  })

  it('keeps the name, the number of parameters, `this` and the arguments', () => {
    const scale = coroutine(function* scale(this: { factor: number }, a: number, b: number): Coroutine<number> {
      yield* sleep(1)
      return this.factor * (a + b)
    })
    const thing = { factor: 10, scale }
    expect([scale.name, scale.length, runSync(thing.scale(1, 2))]).toEqual(['scale', 2, 30])
  })

  it('takes generator functions only, each of them once', () => {
    const once = function* once(): Coroutine<void> {}
    const wrapped = coroutine(once)
    const message = 'coroutine() takes a generator function, got'
    for (const wrong of [
      () => {},
      async function* stream() {},
      async () => {},
      function plain() {},
      undefined,
      once(),
    ]) {
      expect(() => coroutine(wrong as never)).toThrow(TypeError)
      expect(() => coroutine(wrong as never)).toThrow(message)
    }
    for (const again of [once, wrapped]) {
      expect(() => coroutine(again)).toThrow(new TypeError('once is wrapped by coroutine() already'))
    }
  })

  it('returns coroutines, as bare generator functions do', () => {
    const made = give(1)
    const bare = (function* bare(): Coroutine<void> {})()
    const fromAnotherCopy = { [Symbol.for('spindle.coroutine')]: 'once' }
    const objects = [sleep(1), sleep(0), new Lock().acquire(), fromAnotherCopy]
    const others = [give, function* () {}, sleep, undefined, [], 'text', { next() {}, throw() {}, return() {} }]
    expect([made, bare, ...objects, ...others].map(isCoroutine)).toEqual([
      ...[true, true, true, true, true, true],
      ...others.map(() => false),
    ])
    expect([String(made), Object.prototype.toString.call(made)]).toEqual([
      '<coroutine object give>',
      '[object Generator]',
    ])
    made.return(1)
  })

  it('is created by exactly the functions that isCoroutineFunction() accepts: generator functions, bare or wrapped', () => {
    class Crawler {
      *fetch(): Coroutine<void> {}
      static *main(): Coroutine<void> {}
    }
    const bare = function* (): Coroutine<void> {}
    const functions = [give, bare, new Crawler().fetch, Crawler.main]
    const others = [() => bare(), async () => {}, async function* () {}, sleep, Crawler, undefined, 1, {}]
    expect([...others, ...functions].filter(isCoroutineFunction)).toEqual(functions)
  })

  it('hands results, arguments and exceptions through, whether anything waits or not', function* () {
    const log: string[] = []
    for (const turns of [0, 1, 2]) {
      log.push(yield* ending(() => give('result', turns)))
      log.push(yield* ending(() => fail('message', turns)))
    }
    expect(log).toEqual(new Array(3).fill(['returned result', 'TypeError: message']).flat())
  })

  it('finds itself by its inner name, too, in recursion and across Tasks', function* () {
    const fib = coroutine(function* inner(n: number): Coroutine<number> {
      if (n < 2) return yield* give(n, n)
      const other = n % 5 === 0 ? createTask(inner(n - 2)) : inner(n - 2)
      return (yield* inner(n - 1)) + (yield* other)
    })
    expect(yield* fib(12)).toBe(144)
  })

  it.each<[string, number]>([
    ...[1, 399, 400, 401, 402, 799, 800, 801, 1201].map((n): [string, number] => [`${n}`, n]),
    ['very many', VERY_MANY],
  ])('descends %s levels and comes up again with a result, an exception or a cancellation', function* (_name, depth) {
    let cleanedUp = 0
    const down = coroutine(function* down(n: number, bottom: () => Coroutine<number>): Coroutine<number> {
      if (n === 0) return yield* bottom()
      try {
        return (yield* down(n - 1, bottom)) + 1
      } finally {
        cleanedUp++
      }
    })
    const log: unknown[] = []
    for (const turns of [0, 1, 3]) {
      log.push(yield* ending(() => down(depth, () => give(0, turns))), cleanedUp)
      log.push(yield* ending(() => down(depth, () => fail('from below', turns))), cleanedUp)
      cleanedUp = 0
    }
    const task = createTask(down(depth, () => sleep(1000, 0)))
    yield* sleep(10)
    task.cancel('stop')
    log.push(
      yield* ending(function* () {
        return yield* task
      }),
      cleanedUp,
    )
    expect(log).toEqual([
      ...new Array(3).fill([`returned ${depth}`, depth, 'TypeError: from below', 2 * depth]).flat(),
      ...['CancelledError: stop', depth],
    ])
  })

  it('goes down again and again from any level, after waiting there', function* () {
    const visits: string[] = []
    const tree = coroutine(function* tree(path: string, depth: number): Coroutine<number> {
      yield* sleep(0)
      if (depth === 0) return 1
      let leaves = 0
      for (const branch of ['l', 'r']) {
        leaves += yield* tree(path + branch, depth - 1)
        visits.push(path + branch)
      }
      yield* sleep(0)
      return leaves
    })
    expect(yield* tree('', 3)).toBe(8)
    expect(visits.join(' ')).toBe('lll llr ll lrl lrr lr l rll rlr rl rrl rrr rr r')
  })

  it('takes a thousand turns at the bottom of a deep recursion without walking through the levels', function* () {
    // A level that is walked through would see the value sent in: its iterator is asked.
    let asked = 0
    const counting = (inner: Coroutine<number>): Coroutine<number> => {
      const next = inner.next.bind(inner)
      inner.next = (...value) => {
        asked++
        return next(...(value as [unknown]))
      }
      return inner
    }
    const down = coroutine(function* down(n: number): Coroutine<number> {
      return n === 0 ? yield* give(7, 1000) : yield* counting(down(n - 1))
    })
    expect(yield* down(50)).toBe(7)
    expect(asked).toBeLessThanOrEqual(200) // bare generators: 50,000
  })
})

describe('a coroutine that is awaited more than once', () => {
  it('is refused while it is being awaited', function* () {
    const shared = give('shared', 5)
    function* waiting(): Coroutine<string> {
      return yield* shared
    }
    const results = yield* gather([waiting(), waiting(), waiting()], { returnExceptions: true })
    expect(results).toEqual([
      'shared',
      new RuntimeError('coroutine is being awaited already: <coroutine object give>'),
      new RuntimeError('coroutine is being awaited already: <coroutine object give>'),
    ])
  })

  it.each([0, 1])('is refused when it has ended, with a result or an exception, after %i turns', function* (turns) {
    const returned = give('result', turns)
    const threw = fail('message', turns)
    const log: string[] = []
    for (const shared of [returned, returned, threw, threw]) log.push(yield* ending(() => shared))
    expect(log).toEqual([
      'returned result',
      'RuntimeError: cannot reuse already awaited coroutine <coroutine object give>',
      'TypeError: message',
      'RuntimeError: cannot reuse already awaited coroutine <coroutine object fail>',
    ])
  })

  it('is refused by a Task, and when a Task has it, while that runs and afterwards', function* () {
    const shared = give('shared')
    const task = createTask(shared)
    const log: string[] = []
    const tryTask = (): string => {
      try {
        createTask(shared)
      } catch (error) {
        return String(error)
      }
      return 'accepted'
    }
    log.push(tryTask(), yield* ending(() => shared))
    log.push(yield* task)
    log.push(tryTask(), yield* ending(() => shared))
    expect(log).toEqual([
      'RuntimeError: coroutine is being awaited already: <coroutine object give>',
      'RuntimeError: coroutine is being awaited already: <coroutine object give>',
      'shared',
      'RuntimeError: cannot reuse already awaited coroutine <coroutine object give>',
      'RuntimeError: cannot reuse already awaited coroutine <coroutine object give>',
    ])
  })

  it('is refused when it was cancelled, before its first step or later', function* () {
    const log: string[] = []
    for (const turns of [0, 1]) {
      const shared = give('shared', 5)
      const task = createTask(shared)
      for (let turn = 0; turn < turns; turn++) yield* sleep(0)
      task.cancel()
      yield* gather([task], { returnExceptions: true })
      log.push(yield* ending(() => shared))
    }
    const closed = give('closed')
    closed.return('by hand')
    log.push(yield* ending(() => closed))
    expect(log).toEqual(
      new Array(3).fill('RuntimeError: cannot reuse already awaited coroutine <coroutine object give>'),
    )
  })

  it('counts as being awaited when it awaits itself', function* () {
    const itself: Coroutine<string> = coroutine(function* loner(): Coroutine<string> {
      return yield* itself
    })()
    expect(yield* ending(() => itself)).toBe(
      'RuntimeError: coroutine is being awaited already: <coroutine object loner>',
    )
  })
})

describe('a bare generator, which nothing marks,', () => {
  it.each<[string, () => Coroutine<unknown>]>([
    ['a Future', () => ensureFuture(sleep(10, 'slept')) as never],
    ['a sleep', () => sleep(10, 'slept')],
    ['a lock', () => slept(new Lock())],
    ['a coroutine of coroutine()', () => deep()],
  ])('continues in the first Task while it waits for %s; the second fails', function* (_, wait) {
    function* bare(): Coroutine<unknown> {
      return yield* wait()
    }
    const shared = bare()
    const first = createTask(shared)
    const second = createTask(shared)
    const log = [yield* ending(() => yieldAll(second)), yield* ending(() => yieldAll(first))]
    expect(log).toEqual([
      expect.stringMatching(
        /^RuntimeError: coroutine is being awaited already: it waits for <.*>\. Make one Task of it/,
      ),
      'returned slept',
    ])
  })

  it('that waits for a lock does not get it by being awaited again', function* () {
    const lock = new Lock()
    function* locked(): Coroutine<string> {
      using _ = yield* lock.acquire()
      return 'locked'
    }
    const held = yield* lock.acquire()
    const shared = locked()
    createTask(shared)
    yield* sleep(1)
    expect(yield* ending(() => shared)).toMatch(
      /^RuntimeError: coroutine is being awaited already: it waits for <Future pending .*Lock/,
    )
    held[Symbol.dispose]()
    expect(yield* locked()).toBe('locked')
  })

  it('when it has ended already gives undefined', function* () {
    function* bare(): Coroutine<string> {
      return yield* sleep(1, 'slept')
    }
    const shared = bare()
    const log = [yield* ending(() => shared), yield* ending(() => shared)]
    log.push(yield* ending(() => yieldAll(createTask(shared))))
    expect(log).toEqual(['returned slept', 'returned undefined', 'returned undefined'])
  })
})

/** Waits for a lock that is free in 10 ms. */
function* slept(lock: Lock): Coroutine<string> {
  const held = yield* lock.acquire()
  getRunningLoop().callLater(10, () => held[Symbol.dispose]())
  using _ = yield* lock.acquire()
  return 'slept'
}

const deep = coroutine(function* deep(): Coroutine<string> {
  return yield* sleep(10, 'slept')
})

function* yieldAll(awaited: Future): Coroutine<unknown> {
  return yield* awaited
}

describe('a coroutine that is never awaited', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('is reported when its loop closes, with what to write', () => {
    const reports: ExceptionContext[] = []
    function* main(): Coroutine<void> {
      const loop = getRunningLoop()
      loop.setExceptionHandler((_loop, context) => reports.push(context))
      give('forgotten')
      give('forgotten, too')
      createTask(give('left over')) // it has a Task: that counts
      yield* give('awaited')
    }
    runSync(main())
    const message = expect.stringMatching(
      /^coroutine 'give' was never awaited\. Write `yield\* give\(…\)` to wait for it, or `ensureFuture\(give\(…\)\)` to have it run as a Task\ndefined: give\(\) at .*coroutine\.test\.ts:\d+$/,
    )
    expect(reports).toEqual([{ message }, { message }])
  })

  it('is reported after the program has continued, and not if it was among many that were started together', () => {
    const reports: ExceptionContext[] = []
    function* main(): Coroutine<string[]> {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
      const many = Array.from({ length: 3000 }, (_, id) => give(String(id)))
      const late = many.splice(1000, 2)
      give('forgotten')
      const results = yield* gather(many)
      yield* sleep(0)
      for (let id = 0; id < 3000; id++) yield* give('one by one')
      const [first] = late
      return [...results, first === undefined ? '' : yield* first]
    }
    const results = runSync(main())
    expect(`${results.length} results, the last is ${results.at(-1)}`).toBe('2999 results, the last is 1000')
    expect(reports.map(({ message }) => message.split('.')[0])).toEqual([
      "coroutine 'give' was never awaited",
      "coroutine 'give' was never awaited",
    ])
  })

  it('is reported even if another loop runs in between', () => {
    const reports: string[] = []
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((loop, { message }) => {
        reports.push(`${message.split('.')[0]}, ${loop === outer ? 'outer' : 'another'} loop`)
      })
      const outer = getRunningLoop()
      give('forgotten')
      const inner = newEventLoop()
      inner.setExceptionHandler(() => reports.push('inner loop'))
      inner.createTask(give('its Task')).cancel()
      inner.close()
      yield* sleep(0)
      give('forgotten, too')
    }
    runSync(main())
    expect(reports).toEqual(expect.arrayContaining(Array(2).fill("coroutine 'give' was never awaited, outer loop")))
  })

  it('is not reported when it is awaited later, or closed by hand', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    function* main(): Coroutine<string[]> {
      const later = [give('a'), give('b'), give('c')]
      give('closed').return('')
      const thrownInto = give('thrown into')
      expect(() => thrownInto.throw(new TypeError('by hand'))).toThrow('by hand')
      const results: string[] = []
      for (const one of later) results.push(yield* one)
      return results
    }
    expect(runSync(main())).toEqual(['a', 'b', 'c'])
    expect(printed).not.toHaveBeenCalled()
  })

  it('is not reported when it could not become a Task', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const loop = newEventLoop()
    loop.close()
    const refused = give('refused')
    expect(() => ensureFuture(refused, { loop })).toThrow('Event loop is closed')
    const loop2 = newEventLoop()
    loop2.close()
    expect(printed).not.toHaveBeenCalled()
    expect(() => runSync(refused)).toThrow('cannot reuse already awaited coroutine <coroutine object give>')
  })
})

describe('the stack of an error', () => {
  const inner = coroutine(function* inner(thrown: () => unknown): Coroutine<void> {
    yield* sleep(0)
    throw thrown()
  })
  const middle = coroutine(function* middle(thrown: () => unknown): Coroutine<void> {
    yield* inner(thrown)
  })
  const outer = coroutine(function* outer(thrown: () => unknown): Coroutine<void> {
    yield* middle(thrown)
  })

  /** The names of coroutines in a stack, from the innermost out. */
  function names(error: unknown): string[] {
    const found = ((error as Error).stack ?? '').matchAll(
      /^ +at (?:coroutine )?(inner|middle|outer|catching|main)(?: \(|$)/gm,
    )
    return [...found].map((match) => match[1] as string)
  }

  function* caught(work: () => Coroutine<void>): Coroutine<Error> {
    try {
      yield* work()
    } catch (error) {
      return error as Error
    }
    throw new Error('it should have thrown')
  }

  it('names the chain of coroutines it came through, once', function* () {
    const error = yield* caught(() => outer(() => new TypeError('no')))
    expect(names(error)).toEqual(['inner', 'middle', 'outer'])
    expect(error.stack).toMatch(/^TypeError: no\n.*\n {4}at inner \(.*coroutine\.test\.ts:\d+:\d+\)\n/)
    expect(error.stack).toMatch(/\n {4}at coroutine middle\n {4}at coroutine outer$/)
  })

  it('names them once also when it is caught, waited upon and thrown again', function* () {
    const catching = coroutine(function* catching(): Coroutine<void> {
      try {
        yield* middle(() => new TypeError('no'))
      } catch (error) {
        yield* sleep(0)
        throw error
      }
    })
    const again = coroutine(function* outer(): Coroutine<void> {
      yield* catching()
    })
    expect(names(yield* caught(again))).toEqual(['inner', 'middle', 'catching', 'outer'])
  })

  it('names them also in the Task that awaited the failed one', function* () {
    const main = coroutine(function* main(): Coroutine<void> {
      yield* createTask(outer(() => new TypeError('no')))
    })
    expect(names(yield* caught(main))).toEqual(['inner', 'middle', 'outer'])
  })

  it('has their lines in debug mode', function* () {
    getRunningLoop().setDebug(true)
    const error = yield* caught(() => outer(() => new TypeError('no')))
    expect(error.stack?.split('\n').slice(-3)).toEqual([
      expect.stringMatching(/^ {4}at coroutine middle \(.*coroutine\.test\.ts:\d+:\d+\)$/),
      expect.stringMatching(/^ {4}at coroutine outer \(.*coroutine\.test\.ts:\d+:\d+\)$/),
      expect.stringMatching(/^ {4}at coroutine .+ \(.*coroutine\.test\.ts:\d+:\d+\)$/),
    ])
  })

  it('leaves alone what cannot be written to, or is no Error at all', function* () {
    const frozen = Object.freeze(new TypeError('frozen'))
    const sealed = Object.defineProperty(new TypeError('sealed'), 'stack', { get: () => 'mine' })
    for (const thrown of [frozen, sealed, undefined, null, 'text', Object.create(null)]) {
      let came: unknown = 'nothing'
      try {
        yield* outer(() => thrown)
      } catch (error) {
        came = error
      }
      expect(came === thrown).toBe(true)
    }
  })
})

describe('a coroutine that is driven manually', () => {
  it('is not resumed by the Task in whose step it was left, whatever that waits for next', function* () {
    const log: string[] = []
    const inner = coroutine(function* inner(): Coroutine<void> {
      yield* sleep(0)
      log.push('must not run')
    })
    const outer = coroutine(function* outer(): Coroutine<void> {
      yield* inner()
    })
    outer()[Symbol.iterator]().next()
    yield* sleep(0)
    log.push('went on')
    expect(log).toEqual(['went on'])
  })

  const makeSteps = () =>
    function* steps(log: unknown[]): Coroutine<string> {
      try {
        log.push('begins')
        yield* sleep(0)
        log.push('goes on')
        yield* sleep(0)
        return 'end'
      } catch (error) {
        log.push((error as Error).message)
        return 'caught'
      } finally {
        log.push('finally')
      }
    }
  const bare = makeSteps()
  const steps = coroutine(makeSteps())
  type Driver = (make: (log: unknown[]) => Coroutine<string>) => unknown[]

  // What each of these drivers sees is the same for the wrapped and for the bare coroutine.
  const drivers: [string, Driver][] = [
    [
      'throw() at the beginning',
      (make) => {
        const log: unknown[] = []
        const driven = make(log)
        expect(() => driven.throw(new TypeError('in'))).toThrow('in')
        log.push(driven.next())
        return log
      },
    ],
    [
      'return() at the beginning',
      (make) => {
        const log: unknown[] = []
        const driven = make(log)
        log.push(driven.return('by hand'), driven.next())
        return log
      },
    ],
    [
      'throw() while it waits',
      (make) => {
        const log: unknown[] = []
        const driven = make(log)
        log.push(driven.next().done)
        log.push(driven.throw(new TypeError('in')), driven.next())
        return log
      },
    ],
    [
      'next() twice without a Task in between',
      (make) => {
        const log: unknown[] = []
        const driven = make(log)
        driven.next()
        log.push(driven.next())
        return log
      },
    ],
    [
      'return() before a Task took it',
      (make) => {
        const log: unknown[] = []
        const driven = make(log)
        driven.next()
        log.push(driven.return('by hand'))
        return log
      },
    ],
  ]

  it.each(drivers)('behaves as a bare one outside a Task: %s', (_name, drive) => {
    const expected = drive(bare)
    expect(drive(steps)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(0)
  })

  it.each(drivers)('behaves as a bare one inside a Task: %s', function* (_name, drive) {
    const expected = drive(bare)
    expect(drive(steps)).toEqual(expected)
    yield* sleep(0) // and the Task goes on as if nothing had been
  })

  it('can be awaited through a generator that passes everything on', function* () {
    function* passing(driven: Coroutine<string>, log: unknown[]): Coroutine<string> {
      let step = driven.next()
      while (!step.done) {
        log.push('passes on')
        const resumed: unknown = yield step.value
        step = driven.next(resumed)
      }
      return step.value
    }
    const logs: unknown[][] = []
    for (const make of [bare, steps]) {
      const log: unknown[] = []
      log.push(yield* passing(make(log), log))
      logs.push(log)
    }
    const expected = ['begins', 'passes on', 'goes on', 'passes on', 'finally', 'end']
    expect(logs).toEqual([expected, expected])
  })

  it('does not affect later awaits', function* () {
    const log: unknown[] = []
    for (const make of [bare, steps]) {
      make(log).next() // begun and left
      const iterator = make(log)[Symbol.iterator]()
      iterator.next() // begun and left
      log.push(yield* give('awaited'))
    }
    expect(log).toEqual(new Array(2).fill(['begins', 'begins', 'awaited']).flat())
  })
})

describe('a coroutine that is iterated over instead of awaited', () => {
  const message =
    /^did you forget `yield\*`\? .* was iterated over \(by a spread, a destructuring or for…of\) instead of awaited$/
  const misuses: [string, (c: () => Coroutine<string>) => unknown][] = [
    ['a spread', (make) => [...(make() as Iterable<unknown>)]],
    [
      'for…of',
      (make) => {
        for (const item of make() as Iterable<unknown>) expect(item).toBeDefined()
      },
    ],
    [
      'a destructuring',
      (make) => {
        const [first] = make() as Iterable<unknown>
        return first
      },
    ],
    ['Array.from', (make) => Array.from(make() as Iterable<unknown>)],
    ['new Set', (make) => new Set(make() as Iterable<unknown>)],
  ]
  function* bareGive(): Coroutine<string> {
    yield* sleep(0)
    return 'given'
  }
  function* bareSleep(): Coroutine<string> {
    return yield* sleep(10, 'given')
  }

  it.each(misuses)('says so: %s, wrapped or bare', function* (_name, misuse) {
    const makers = [
      () => give('wrapped'),
      bareGive,
      bareSleep,
      () =>
        coroutine(function* f() {
          return yield* bareSleep()
        })(),
    ]
    for (const make of makers) {
      expect(() => misuse(make)).toThrow(TypeError)
      expect(() => misuse(make)).toThrow(message)
      expect(yield* give('goes on')).toBe('goes on')
    }
  })

  it.each(misuses)('says so in plain code, too: %s', (_name, misuse) => {
    for (const make of [() => give('wrapped'), bareGive]) {
      expect(() => misuse(make)).toThrow(message)
    }
  })
})
