import { afterEach, describe, expect, it, vi } from 'vitest'
import { copyContext } from '../context/context.ts'
import { ContextVar } from '../context/context-var.ts'
import { setEventLoop } from '../context/current-loop.ts'
import { CancelledError, InvalidStateError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import { newLoop } from '../new-loop.fixture.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import { VirtualClock } from '../scheduling/virtual-clock.ts'
import { turn } from '../turn.fixture.ts'
import { Suspension } from './awaitable.ts'
import { Future, isFuture } from './future.ts'

afterEach(() => vi.restoreAllMocks())

function virtualLoop(): EventLoop {
  return newLoop({ clock: new VirtualClock() })
}

function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return 'nothing'
}

/** A Future in each of its states, by what it is printed as. */
function eachState(loop: EventLoop): Record<string, Future<number>> {
  const states = {
    pending: loop.createFuture<number>(),
    returned: loop.createFuture<number>(),
    threw: loop.createFuture<number>(),
    cancelled: loop.createFuture<number>(),
  }
  states.returned.setResult(42)
  states.threw.setException(new RangeError('no'))
  states.cancelled.cancel('enough')
  return states
}

describe('Future', () => {
  it('refuses options that are no object', () => {
    for (const options of [null, 3]) {
      expect(() => new Future(options as never)).toThrow(
        new TypeError(`the options of Future must be an object, got ${options}. It has \`loop\``),
      )
    }
  })

  it('answers by its state', () => {
    const answers = Object.entries(eachState(virtualLoop())).map(([state, future]) => [
      state,
      future.done(),
      future.cancelled(),
      String(future),
      String(errorOf(() => future.result())),
      String(errorOf(() => future.exception())),
    ])
    expect(answers).toEqual([
      [
        'pending',
        false,
        false,
        '<Future pending>',
        'InvalidStateError: Result is not set.',
        'InvalidStateError: Exception is not set.',
      ],
      ['returned', true, false, '<Future finished result=42>', 'nothing', 'nothing'],
      ['threw', true, false, "<Future finished exception=RangeError('no')>", 'RangeError: no', 'nothing'],
      ['cancelled', true, true, '<Future cancelled>', 'CancelledError: enough', 'CancelledError: enough'],
    ])
  })

  it('returns the same result and throws the same exception each time', () => {
    const loop = virtualLoop()
    const [result, error] = [{}, new Error('no')]
    const [returned, threw] = [loop.createFuture<object>(), loop.createFuture<never>()]
    returned.setResult(result)
    threw.setException(error)
    for (const _ of ['first', 'second']) {
      expect(returned.result()).toBe(result)
      expect(returned.exception()).toBeUndefined()
      expect(threw.exception()).toBe(error)
      expect(errorOf(() => threw.result())).toBe(error)
    }
  })

  it('is settled once', () => {
    const answers = Object.entries(eachState(virtualLoop()))
      .filter(([state]) => state !== 'pending')
      .map(([, future]) => [
        String(errorOf(() => future.setResult(1))),
        errorOf(() => future.setException(new Error('late'))) instanceof InvalidStateError,
        future.cancel('late'),
        String(future),
      ])
    expect(answers).toEqual(
      ['<Future finished result=42>', "<Future finished exception=RangeError('no')>", '<Future cancelled>'].map(
        (printed) => [`InvalidStateError: invalid state: ${printed}`, true, false, printed],
      ),
    )
  })

  it('throws a new error at each access of a cancelled one, with its message', () => {
    const future = virtualLoop().createFuture<never>()
    const plain = virtualLoop().createFuture<never>()
    const said = [future.cancel('first'), future.cancel('second'), plain.cancel()]
    const errors = [future, future, plain].map((each) => errorOf(() => each.result()))
    expect([said, errors.map(String), errors.every((error) => error instanceof CancelledError)]).toEqual([
      [true, false, true],
      ['CancelledError: first', 'CancelledError: first', 'CancelledError'],
      true,
    ])
  })

  it('creates an error from an error class', () => {
    const future = virtualLoop().createFuture<never>()
    future.setException(RangeError)
    expect(future.exception()).toEqual(new RangeError())
    const plain = virtualLoop().createFuture<never>()
    plain.setException(Error)
    expect(plain.exception()).toEqual(new Error())
  })

  it('accepts any thrown value as an exception', () => {
    for (const thrown of [null, 0, '', Number.NaN, 'text', {}, () => {}, Symbol('s')]) {
      const future = virtualLoop().createFuture<never>()
      future.setException(thrown)
      let caught: unknown[] = []
      try {
        future.result()
      } catch (error) {
        caught = [error]
      }
      expect({ cancelled: future.cancelled(), exception: future.exception(), caught }).toEqual({
        cancelled: false,
        exception: thrown,
        caught: [thrown],
      })
    }
  })

  it('that failed with undefined has an exception, so that it does not look as if it had succeeded', () => {
    const future = virtualLoop().createFuture<never>()
    future.setException(undefined)
    let caught: unknown[] = []
    try {
      future.result()
    } catch (error) {
      caught = [error]
    }
    expect({ caught, exception: `${future.exception()}` }).toEqual({
      caught: [undefined],
      exception: 'RuntimeError: undefined was thrown: throw an Error instead',
    })
  })

  it('accepts any value as a result, even an exception or a promise', () => {
    for (const result of [undefined, null, new Error('a result'), Promise.resolve(1), new CancelledError()]) {
      const future = virtualLoop().createFuture<unknown>()
      future.setResult(result)
      expect({
        isSameResult: future.result() === result,
        exception: future.exception(),
        cancelled: future.cancelled(),
      }).toEqual({ isSameResult: true, exception: undefined, cancelled: false })
    }
  })

  it('is not cancelled by an exception that is a CancelledError', () => {
    const future = virtualLoop().createFuture<never>()
    future.setException(new CancelledError('as a value'))
    expect({ cancelled: future.cancelled(), exception: String(future.exception()) }).toEqual({
      cancelled: false,
      exception: 'CancelledError: as a value',
    })
  })

  it('is recognised by isFuture()', () => {
    const loop = virtualLoop()
    class Special extends Future {}
    const futures = [loop.createFuture(), new Special({ loop })]
    const others = [Promise.resolve(), loop, {}, null, undefined, 1, 'f', Future]
    expect(others.filter(isFuture)).toEqual([])
    expect(futures.filter(isFuture)).toHaveLength(2)
  })

  it('belongs to the given loop, else the running loop, else the default loop', () => {
    const [given, running, set] = [virtualLoop(), virtualLoop(), virtualLoop()]
    const log: unknown[] = [String(errorOf(() => new Future()))]
    setEventLoop(set)
    const nameOf = (loop: unknown): string => (loop === given ? 'given' : loop === running ? 'running' : 'default')
    log.push(nameOf(new Future().getLoop()))
    running.callSoon(() => {
      log.push(nameOf(new Future().getLoop()), nameOf(new Future({ loop: given }).getLoop()))
    })
    turn(running)
    expect(log).toEqual([
      'RuntimeError: There is no current event loop. Call this in a coroutine, as in run(function* () { … }), or use getHostLoop().createTask(…)',
      'default',
      'running',
      'given',
    ])
  })

  it('is printed with its callbacks, of more than two the first and the last', () => {
    const future = virtualLoop().createFuture<number>()
    function first(): void {}
    function last(): void {}
    const log: string[] = []
    for (const callback of [first, last, () => {}, last]) {
      future.addDoneCallback(callback)
      log.push(String(future).replaceAll(/ at [^ ]*future\.test\.ts:\d+/g, ''))
    }
    future.cancel()
    log.push(String(future))
    expect(log).toEqual([
      '<Future pending cb=[first()]>',
      '<Future pending cb=[first(), last()]>',
      '<Future pending cb=[first(), <1 more>, <anonymous>()]>',
      '<Future pending cb=[first(), <2 more>, last()]>',
      '<Future cancelled>',
    ])
  })

  it('can be printed although its own result, or that of its result, contains it', () => {
    const loop = virtualLoop()
    const [one, other] = [loop.createFuture<unknown>(), loop.createFuture<unknown>()]
    one.setResult([other])
    other.setResult({ one })
    expect(String(one)).toBe('<Future finished result=[<Future finished result={ one: ... }>]>')
  })

  it('says in debug mode where it was created', () => {
    const loop = newLoop({ debug: true })
    expect(String(loop.createFuture())).toMatch(
      /^<Future pending created at packages\/loop\/src\/futures\/future\.test\.ts:\d+>$/,
    )
  })

  it('is awaited by yielding a Suspension while it is pending, and at once when it is done, as often as one likes', () => {
    const future = virtualLoop().createFuture<number>()
    function* twice(): Generator<Suspension, number[], unknown> {
      return [yield* future, yield* future]
    }
    const waiting = twice()
    const first = waiting.next()
    future.setResult(42)
    const done = twice().next()
    expect(first.done).toBe(false)
    expect(first.value).toBeInstanceOf(Suspension)
    expect(done).toEqual({ done: true, value: [42, 42] })
  })

  it('returns a result unchanged that looks like the end of a generator', () => {
    const future = virtualLoop().createFuture<unknown>()
    const result = { done: true, value: [1, 2] }
    future.setResult(result)
    function* wait(): Generator<Suspension, unknown, unknown> {
      return yield* future
    }
    expect(wait().next().value).toBe(result)
  })

  it('lets an error pass that is thrown in where it is awaited', () => {
    const future = virtualLoop().createFuture<number>()
    function* wait(): Generator<Suspension, number, unknown> {
      return yield* future
    }
    const waiting = wait()
    waiting.next()
    const error = new Error('thrown in')
    expect({ isSameError: errorOf(() => waiting.throw(error)) === error, done: future.done() }).toEqual({
      isSameError: true,
      done: false,
    })
  })

  it('speaks up when it is spread, destructured or iterated over instead of awaited', () => {
    const loop = virtualLoop()
    const future = loop.createFuture<number>() as unknown as Iterable<number>
    const message =
      'TypeError: did you forget `yield*`? <Future pending> was iterated over (by a spread, a destructuring or for…of) instead of awaited'
    expect([
      String(errorOf(() => [...future])),
      String(errorOf(() => ([] as number[]).concat(Array.from(future)))),
      String(
        errorOf(() => {
          const [_one, _two] = future
        }),
      ),
      String(
        errorOf(() => {
          for (const _item of future) break
        }),
      ),
    ]).toEqual([message, message, message, message])
  })
})

describe('Callbacks of a Future', () => {
  it('are called by the loop, in the order they were added, with the Future, after the code that settles it has finished', () => {
    for (const settle of [
      (future: Future<number>) => future.setResult(1),
      (future: Future<number>) => future.setException(new Error('no')),
      (future: Future<number>) => void future.cancel(),
    ]) {
      const loop = virtualLoop()
      const log: unknown[] = []
      const future = loop.createFuture<number>()
      future.addDoneCallback((done) => log.push(['first', done === future]))
      future.addDoneCallback((done) => log.push(['second', done === future]))
      settle(future)
      log.push('settled')
      loop.callSoon(() => log.push('ready afterwards'))
      turn(loop)
      expect(log).toEqual(['settled', ['first', true], ['second', true], 'ready afterwards'])
      future.cancel() // too late, but it tells that the exception is no news
    }
  })

  it('are called soon, and not at once, when the Future is done already', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const future = loop.createFuture<number>()
    future.setResult(1)
    future.addDoneCallback(() => log.push('callback'))
    log.push('added')
    turn(loop)
    expect(log).toEqual(['added', 'callback'])
  })

  it('are called as often as they were added', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const future = loop.createFuture<void>()
    const callback = (): void => void log.push('callback')
    for (let n = 0; n < 3; n++) future.addDoneCallback(callback)
    future.setResult()
    turn(loop)
    expect(log).toEqual(['callback', 'callback', 'callback'])
  })

  it('run in the given context, else the context of their addition', () => {
    const loop = virtualLoop()
    const name = new ContextVar('name', { defaultValue: 'default' })
    const log: string[] = []
    const look = (): void => {
      log.push(name.get())
      name.set('changed')
    }
    const future = loop.createFuture<void>()
    const given = copyContext()
    given.run(() => name.set('given'))
    copyContext().run(() => {
      name.set('adder')
      future.addDoneCallback(look)
      future.addDoneCallback(look, { context: given })
      name.set('adder, later')
      future.addDoneCallback(look)
    })
    future.setResult()
    future.addDoneCallback(look, { context: given })
    turn(loop)
    expect([log, given.get(name)]).toEqual([['adder', 'given', 'adder, later', 'changed'], 'changed'])
  })

  it('must be functions', () => {
    const future = virtualLoop().createFuture()
    expect(String(errorOf(() => future.addDoneCallback('call me' as never)))).toBe(
      "TypeError: a callable object was expected by addDoneCallback(), got 'call me'",
    )
    expect(String(errorOf(() => future.addDoneCallback(function* () {})))).toBe(
      'TypeError: coroutines cannot be used with addDoneCallback(). Make a Task of it: createTask(…)',
    )
  })

  it('that throw are reported, and the others are called', () => {
    const loop = virtualLoop()
    const reports: ExceptionContext[] = []
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    const log: string[] = []
    const future = loop.createFuture<void>()
    const error = new Error('no')
    future.addDoneCallback(() => {
      throw error
    })
    future.addDoneCallback(() => log.push('second'))
    future.setResult()
    turn(loop)
    expect(log).toEqual(['second'])
    expect(reports).toEqual([expect.objectContaining({ exception: error })])
  })

  it('are all removed at once, and their number is returned', () => {
    const names = ['a', 'b', 'c'] as const
    const removals = [[], ['a'], ['a', 'b'], ['c'], ['b', 'c'], ['a', 'b', 'c']]
    const outcomes = removals.map((removed) => {
      const loop = virtualLoop()
      const log: unknown[] = []
      const callbacks = { a: () => log.push('a'), b: () => log.push('b'), c: () => log.push('c') }
      const future = loop.createFuture<void>()
      for (const name of [...names, 'a'] as const) future.addDoneCallback(callbacks[name])
      const counts = removed.map((name) => future.removeDoneCallback(callbacks[name as 'a']))
      const again = removed.map((name) => future.removeDoneCallback(callbacks[name as 'a']))
      future.setResult()
      turn(loop)
      return [counts, again, log.join('')]
    })
    expect(outcomes).toEqual([
      [[], [], 'abca'],
      [[2], [0], 'bc'],
      [[2, 1], [0, 0], 'c'],
      [[1], [0], 'aba'],
      [[1, 1], [0, 0], 'aa'],
      [[2, 1, 1], [0, 0, 0], ''],
    ])
  })

  it('can be the only one, and be taken back', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const callback = (): void => void log.push('called')
    const future = loop.createFuture<void>()
    future.addDoneCallback(callback)
    const counts = [future.removeDoneCallback(() => {}), future.removeDoneCallback(callback)]
    future.setResult()
    turn(loop)
    expect([counts, future.removeDoneCallback(callback), log]).toEqual([[0, 1], 0, []])
  })

  it('that take others back are too late: all were handed to the loop when it was settled', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const future = loop.createFuture<void>()
    const second = (): void => void log.push('second')
    future.addDoneCallback(() => {
      log.push(`takes back ${future.removeDoneCallback(second)}`)
      future.addDoneCallback(() => log.push('added'))
    })
    future.addDoneCallback(second)
    future.setResult()
    turn(loop)
    log.push('-')
    turn(loop)
    expect(log).toEqual(['takes back 0', 'second', '-', 'added'])
  })

  it('keep their order while others are added and removed a hundred thousand times', () => {
    const loop = virtualLoop()
    const future = loop.createFuture<void>()
    const log: number[] = []
    const callbacks = Array.from({ length: 100_000 }, (_, n) => () => log.push(n))
    for (const callback of callbacks) future.addDoneCallback(callback)
    for (const [n, callback] of callbacks.entries()) if (n % 10_000 !== 1) future.removeDoneCallback(callback)
    future.setResult()
    turn(loop)
    expect(log).toEqual(Array.from({ length: 10 }, (_, n) => n * 10_000 + 1))
  })
})

describe('await future, in plain async code', () => {
  it('returns the result or throws, whether the Future was already done or is settled later, without a running loop', async () => {
    const loop = virtualLoop()
    const error = new Error('no')
    const settlements: ((future: Future<number>) => void)[] = [
      (future) => future.setResult(42),
      (future) => future.setException(error),
      (future) => void future.cancel('enough'),
    ]
    const log: string[] = []
    for (const settle of settlements) {
      const [before, later] = [loop.createFuture<number>(), loop.createFuture<number>()]
      settle(before)
      queueMicrotask(() => settle(later))
      for (const future of [before, later]) {
        try {
          log.push(String(await future))
        } catch (thrown) {
          log.push(String(thrown))
        }
      }
    }
    expect(log).toEqual(['42', '42', 'Error: no', 'Error: no', 'CancelledError: enough', 'CancelledError: enough'])
  })

  it('counts as retrieving the exception', async () => {
    const loop = virtualLoop()
    const reports: ExceptionContext[] = []
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    const future = loop.createFuture<never>()
    const caught = future.then(
      () => 'nothing',
      (error) => String(error),
    )
    future.setException(new Error('no'))
    loop.close()
    expect([await caught, reports]).toEqual(['Error: no', []])
  })

  it('returns a native Promise from then(), whose callbacks never run synchronously', async () => {
    const future = virtualLoop().createFuture<number>()
    future.setResult(1)
    const log: string[] = []
    const promise = future.then((value) => log.push(`then ${value}`))
    log.push('then() has returned')
    await promise
    expect(promise).toBeInstanceOf(Promise)
    expect(log).toEqual(['then() has returned', 'then 1'])
  })

  it('wakes in a microtask, whereas the loop calls its callbacks only when it runs', async () => {
    const loop = virtualLoop()
    const log: string[] = []
    const future = loop.createFuture<number>()
    future.addDoneCallback(() => log.push('callback'))
    const waits = (async () => log.push(`await ${await future}`))()
    future.setResult(1)
    await waits
    turn(loop)
    expect(log).toEqual(['await 1', 'callback'])
  })

  it('works while the loop is driven by the host, and after it was closed', async () => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    const awaited = (async () => `awaited ${await future}`)()
    loop.callLater(1, () => future.setResult('result'))
    const result = await loop.runUntilComplete(future)
    loop.close()
    expect([result, await awaited, await future]).toEqual(['result', 'awaited result', 'result'])
  })

  it('goes with Promise.all, race and allSettled', async () => {
    const loop = newLoop()
    const [one, two, three] = [loop.createFuture<number>(), loop.createFuture<number>(), loop.createFuture<number>()]
    const all = Promise.all([one, two])
    const race = Promise.race([three, two])
    const settled = Promise.allSettled([three])
    loop.callSoon(() => two.setResult(2))
    loop.callLater(1, () => one.setResult(1))
    loop.callLater(2, () => three.cancel())
    loop.callLater(3, () => loop.stop())
    await loop.runForever()
    expect([await all, await race, (await settled)[0].status]).toEqual([[1, 2], 2, 'rejected'])
  })
})

describe('An exception that is never retrieved', () => {
  function reporting(options: { debug?: boolean } = {}): { loop: EventLoop; reports: ExceptionContext[] } {
    const loop = newLoop({ clock: new VirtualClock(), ...options })
    const reports: ExceptionContext[] = []
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    return { loop, reports }
  }

  it('is reported when the loop closes, once', () => {
    const { loop, reports } = reporting()
    const error = new Error('lost')
    loop.createFuture<never>().setException(error)
    turn(loop)
    const before = reports.length
    loop.close()
    loop.close()
    expect([before, reports.map((report) => ({ ...report, future: String(report.future) }))]).toEqual([
      0,
      [
        {
          message: 'Future exception was never retrieved',
          exception: error,
          future: "<Future finished exception=Error('lost')>",
        },
      ],
    ])
  })

  it('is reported when it is undefined, too', () => {
    const { loop, reports } = reporting()
    loop.createFuture<never>().setException(undefined)
    loop.close()
    expect(reports).toHaveLength(1)
    expect(reports[0]).toHaveProperty('exception', undefined)
  })

  it('is the only thing that is reported', () => {
    const { loop, reports } = reporting()
    const states: ((future: Future<number>) => void)[] = [
      () => {},
      (future) => void future.cancel(),
      (future) => future.setResult(1),
      (future) => {
        future.setResult(1)
        future.result()
      },
      (future) => {
        future.setException(new Error('asked for'))
        future.exception()
      },
      (future) => {
        future.setException(new Error('thrown'))
        errorOf(() => future.result())
      },
      (future) => {
        future.setException(new Error('cancelled afterwards'))
        future.cancel()
      },
      (future) => {
        future.setException(new Error('awaited'))
        errorOf(() => future[Symbol.iterator]().next())
      },
    ]
    for (const bring of states) bring(loop.createFuture<number>())
    loop.close()
    expect(reports).toEqual([])
  })

  it('is reported in debug mode one turn later, with the place where the Future was created', () => {
    const { loop, reports } = reporting({ debug: true })
    const log: unknown[] = []
    const note = (what: string): void => void log.push([what, reports.length])
    loop.callSoon(() => loop.createFuture<never>().setException(new Error('lost')))
    turn(loop)
    note('same turn')
    turn(loop)
    note('next turn')
    turn(loop)
    loop.close()
    note('closed')
    expect(log).toEqual([
      ['same turn', 0],
      ['next turn', 1],
      ['closed', 1],
    ])
    expect(reports[0]?.sourceTraceback).toMatch(/future\.test\.ts:\d+:\d+/)
  })

  it('is not reported in debug mode if it is retrieved in the next turn', () => {
    const { loop, reports } = reporting({ debug: true })
    const future = loop.createFuture<never>()
    future.addDoneCallback((done) => done.exception())
    loop.callSoon(() => future.setException(new Error('found')))
    turn(loop)
    turn(loop)
    turn(loop)
    loop.close()
    expect(reports).toEqual([])
  })

  it('is printed by the default handler, with its stack', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const loop = virtualLoop()
    loop.createFuture<never>().setException(new TypeError('lost'))
    loop.close()
    const [[text]] = error.mock.calls as [[string]]
    expect([error.mock.calls.length, text.split('\n').slice(0, 3), /^ {4}at .*future\.test\.ts/m.test(text)]).toEqual([
      1,
      [
        'Future exception was never retrieved',
        "future: <Future finished exception=TypeError('lost')>",
        'TypeError: lost',
      ],
      true,
    ])
  })

  it('is reported for each Future separately', () => {
    const { loop, reports } = reporting()
    const errors = [new Error('one'), new Error('two')]
    for (const error of errors) loop.createFuture<never>().setException(error)
    loop.close()
    expect(reports.map(({ exception }) => exception)).toEqual(errors)
  })
})

describe('A Future in JSON', () => {
  it('is the text it is printed as, and so is its loop', () => {
    const loop = virtualLoop()
    expect(JSON.stringify({ message: 'started', future: loop.createFuture(), loop })).toBe(
      '{"message":"started","future":"<Future pending>","loop":"<EventLoop running=false closed=false debug=false>"}',
    )
  })
})
