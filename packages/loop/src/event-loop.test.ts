import { afterEach, describe, expect, it, vi } from 'vitest'
import { copyContext } from './context/context.ts'
import { ContextVar } from './context/context-var.ts'
import { getRunningLoop } from './context/current-loop.ts'
import { CancelledError, DeadlockError, KeyboardInterrupt, RuntimeError } from './errors/errors.ts'
import type { EventLoop } from './face/event-loop.ts'
import { Future } from './futures/future.ts'
import { newLoop as newFullLoop } from './new-loop.fixture.ts'
import type { ExceptionContext } from './reports/exception-context.ts'
import { Handle, TimerHandle } from './scheduling/handle.ts'
import type { Ready } from './scheduling/ready.ts'
import { Ring } from './scheduling/ring.ts'
import { VirtualClock } from './scheduling/virtual-clock.ts'
import { ways } from './three-ways.fixture.ts'
import { failureOf, thrownBy } from './thrown-by.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(ways)('EventLoop $name', (way) => {
  /** Runs exactly one iteration. */
  async function turn(loop: EventLoop): Promise<void> {
    loop.stop()
    await way.runForever(loop)
  }

  describe('callSoon', () => {
    it('calls back in the order of calling, with the arguments', async () => {
      const loop = way.newLoop()
      const log: unknown[] = []
      const note = (...args: unknown[]): void => void log.push(args)
      const handle = loop.callSoon(note)
      loop.callSoon(note, 1)
      loop.callSoon(note, 2, 'two')
      await turn(loop)
      expect(handle).toBeInstanceOf(Handle)
      expect(log).toEqual([[], [1], [2, 'two']])
    })

    it('defers callbacks that an iteration adds to the next one', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        log.push('a')
        loop.callSoon(() => log.push('added by a'))
      })
      loop.callSoon(() => log.push('b'))
      await turn(loop)
      log.push('-')
      await turn(loop)
      expect(log).toEqual(['a', 'b', '-', 'added by a'])
    })

    it('does not call a cancelled callback, even if it was cancelled in the same iteration', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      const early = loop.callSoon(() => log.push('early'))
      loop.callSoon(() => {
        log.push('cancels')
        late.cancel()
      })
      const late = loop.callSoon(() => log.push('late'))
      early.cancel()
      await turn(loop)
      expect({ log, early: early.cancelled(), late: late.cancelled() }).toEqual({
        log: ['cancels'],
        early: true,
        late: true,
      })
    })

    it('refuses a value that is not callable', () => {
      const loop = way.newLoop()
      const wrong = 'not callable' as never
      const generatorFunction = function* spin() {} as never
      expect([
        thrownBy(() => loop.callSoon(wrong)),
        thrownBy(() => loop.callLater(1, undefined as never)),
        thrownBy(() => loop.callAt(1, {} as never)),
        thrownBy(() => loop.callSoon(generatorFunction)),
        thrownBy(() => loop.callSoon((function* () {})() as never)),
      ]).toEqual([
        "TypeError: a callable object was expected by callSoon(), got 'not callable'",
        'TypeError: a callable object was expected by callLater(), got undefined',
        'TypeError: a callable object was expected by callAt(), got {}',
        'TypeError: coroutines cannot be used with callSoon(). Make a Task of it: createTask(…)',
        'TypeError: coroutines cannot be used with callSoon(). Make a Task of it: createTask(…)',
      ])
    })

    it('runs ten thousand callbacks of one iteration before the first of the next', async () => {
      const loop = way.newLoop()
      const log: number[] = []
      for (let n = 0; n < 10_000; n++) {
        loop.callSoon(() => {
          log.push(n)
          loop.callSoon(() => log.push(10_000 + n))
        })
      }
      loop.callSoon(() => loop.callSoon(() => loop.stop()))
      await way.runForever(loop)
      expect(log).toEqual(Array.from({ length: 20_000 }, (_, n) => n))
    })
  })

  describe('callLater and callAt', () => {
    it('fire in the order of their times, not early, and in the order they were set if times are equal', async () => {
      const loop = way.newLoop()
      const start = loop.time()
      const log: [number, boolean][] = []
      const at = (delay: number, n: number): TimerHandle =>
        loop.callAt(start + delay, () => log.push([n, loop.time() >= start + delay]))
      for (const [n, delay] of [4, 2, 4, 1, 2, 4, 2].entries()) at(delay, n)
      loop.callAt(start + 4, () => loop.stop())
      await way.runForever(loop)
      expect(log).toEqual([3, 1, 4, 6, 0, 2, 5].map((n) => [n, true]))
    })

    it('count the delay from now, on the clock of the loop', () => {
      const loop = way.newLoop()
      const before = loop.time()
      const handle = loop.callLater(10_000, () => {})
      expect(handle).toBeInstanceOf(TimerHandle)
      expect(handle.when()).toBeGreaterThanOrEqual(before + 10_000)
      expect(handle.when()).toBeLessThanOrEqual(loop.time() + 10_000)
    })

    it('run after the ready callbacks, in the same iteration', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callAt(loop.time(), () => log.push('timer'))
      loop.callSoon(() => log.push('ready'))
      await turn(loop)
      expect(log).toEqual(['ready', 'timer'])
    })

    it('wait for the next iteration when they are due at once', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        log.push('a')
        loop.callLater(0, () => log.push('timer'))
        loop.callSoon(() => log.push('ready'))
      })
      await turn(loop)
      log.push('-')
      await turn(loop)
      expect(log).toEqual(['a', '-', 'ready', 'timer'])
    })

    it('take a negative delay for a time in the past', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callLater(-1, () => log.push('a'))
      loop.callLater(-2, () => log.push('b'))
      await turn(loop)
      await turn(loop) // in real time, one time an iteration
      expect(log).toEqual(['b', 'a'])
    })

    it('refuse an invalid time', () => {
      const loop = way.newLoop()
      const callback = (): void => {}
      expect([
        thrownBy(() => loop.callLater(Number.NaN, callback)),
        thrownBy(() => loop.callAt(Number.NaN, callback)),
        thrownBy(() => loop.callLater('1' as never, callback)),
        thrownBy(() => loop.callAt(undefined as never, callback)),
        thrownBy(() => loop.callLater(1n as never, callback)),
      ]).toEqual([
        'RangeError: Invalid delay: NaN (not a number)',
        'RangeError: Invalid when: NaN (not a number)',
        "TypeError: delay must be a number of milliseconds, got '1'",
        'TypeError: when must be a number of milliseconds, got undefined',
        'TypeError: delay must be a number of milliseconds, got 1n',
      ])
      expect(loop.hasTimers).toBe(false)
    })

    it('do not fire early if the delay is huge or infinite', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      for (const delay of [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 1e15, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
        loop.callLater(delay, () => log.push(`${delay}`))
      }
      loop.callLater(20, () => loop.stop())
      await way.runForever(loop)
      expect({ log, hasTimers: loop.hasTimers }).toEqual({ log: [], hasTimers: true })
    })

    it('do not call cancelled callbacks', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      const before = loop.callLater(1, () => log.push('before'))
      before.cancel()
      before.cancel()
      loop.callLater(1, () => inBetween.cancel())
      const inBetween = loop.callLater(1, () => log.push('in between'))
      loop.callLater(2, () => loop.stop())
      await way.runForever(loop)
      expect(log).toEqual([])
      expect({ before: before.cancelled(), inBetween: inBetween.cancelled() }).toEqual({
        before: true,
        inBetween: true,
      })
    })

    it('hold nothing of a hundred thousand cancelled timers', async () => {
      const loop = way.newLoop()
      for (let n = 0; n < 100_000; n++) loop.callLater(n, () => {}).cancel()
      await turn(loop)
      expect({ nextTime: loop.nextTime, hasTimers: loop.hasTimers }).toEqual({
        nextTime: Number.POSITIVE_INFINITY,
        hasTimers: false,
      })
    })
  })

  describe('stop', () => {
    it('before the run lets it run one iteration', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      const again = (): void => {
        log.push('iteration')
        loop.callSoon(again)
      }
      loop.callSoon(again)
      await turn(loop)
      expect({ log, isRunning: loop.isRunning() }).toEqual({ log: ['iteration'], isRunning: false })
    })

    it('lets the iteration finish, and runs nothing after it', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        log.push('stops')
        loop.stop()
        loop.stop()
        loop.callSoon(() => log.push('next'))
      })
      loop.callSoon(() => log.push('same iteration'))
      await way.runForever(loop)
      expect(log).toEqual(['stops', 'same iteration'])
    })

    it('holds for one run only', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => loop.stop())
      await way.runForever(loop)
      loop.callSoon(() => {
        loop.callSoon(() => {
          log.push('two iterations later')
          loop.stop()
        })
      })
      await way.runForever(loop)
      expect(log).toEqual(['two iterations later'])
    })

    it('in a long iteration, lets all of it run first', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        loop.stop()
        loop.callSoon(() => log.push('next iteration'))
      })
      for (let n = 0; n < 6; n++) {
        loop.callSoon(() => {
          way.keepBusy(loop, 1)
          log.push(`${n}`)
        })
      }
      await way.runForever(loop)
      expect(log).toEqual(['0', '1', '2', '3', '4', '5'])
    })
  })

  describe('runUntilComplete', () => {
    it('returns the result, or throws the exception or the CancelledError', async () => {
      const loop = way.newLoop()
      const error = new Error('no')
      const outcomes: unknown[] = []
      for (const settle of [
        (future: Future<number>) => future.setResult(42),
        (future: Future<number>) => future.setException(error),
        (future: Future<number>) => void future.cancel('enough'),
      ]) {
        const future = loop.createFuture<number>()
        loop.callLater(1, settle, future)
        outcomes.push(await way.runUntilComplete(loop, future).catch((thrown: unknown) => thrown))
      }
      const cancelled = outcomes.pop()
      expect([outcomes, cancelled instanceof CancelledError, (cancelled as Error).message]).toEqual([
        [42, error],
        true,
        'enough',
      ])
    })

    it('throws any value that the Future failed with, even undefined', async () => {
      const loop = way.newLoop()
      const future = loop.createFuture<never>()
      loop.callSoon(() => future.setException(undefined))
      expect(await failureOf(way.runUntilComplete(loop, future))).toBe(undefined)
    })

    it('accepts a Future that is done, and runs the callbacks that were already ready', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      const future = loop.createFuture<string>()
      future.setResult('done')
      loop.callSoon(() => log.push('ready'))
      log.push(await way.runUntilComplete(loop, future))
      expect(log).toEqual(['ready', 'done'])
    })

    it('throws a clear error if the loop was stopped, and can be called again', async () => {
      const loop = way.newLoop()
      const future = loop.createFuture<string>()
      loop.callLater(1, () => loop.stop())
      const failure = await failureOf(way.runUntilComplete(loop, future))
      const waiting = [...future.waiting()] // the run has left nothing behind that would stop the next one
      loop.callLater(1, () => future.setResult('later'))
      const later = await way.runUntilComplete(loop, future)
      expect(failure).toEqual(new RuntimeError('Event loop stopped before Future completed.'))
      expect({ later, waiting }).toEqual({ later: 'later', waiting: [] })
    })

    it('refuses a Future of another loop', async () => {
      const other = way.newLoop()
      const loop = way.newLoop()
      const failure = await failureOf(way.runUntilComplete(loop, other.createFuture()))
      expect({ failure: String(failure), isRunning: loop.isRunning() }).toEqual({
        failure: 'RangeError: The future belongs to a different loop than the one specified as the loop argument',
        isRunning: false,
      })
    })

    it('leaves the loop to the next run when it ends', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      for (const name of ['first', 'second', 'third']) {
        const future = loop.createFuture<string>()
        loop.callSoon(() => future.setResult(name))
        log.push(await way.runUntilComplete(loop, future))
      }
      expect(log).toEqual(['first', 'second', 'third'])
    })

    it('says that this loop cannot create Tasks when it needs one', async () => {
      function* main(): Generator<never, void> {}
      expect(String(await failureOf(way.runUntilComplete(way.newLoop(), main())))).toBe(
        'RuntimeError: This loop cannot create Tasks. Use newEventLoop()',
      )
    })
  })

  describe('running', () => {
    it('shows in isRunning() and getRunningLoop(), inside callbacks and nowhere else', async () => {
      const loop = way.newLoop()
      const log: unknown[] = []
      const look = (): void =>
        void log.push([
          loop.isRunning(),
          thrownBy(() => getRunningLoop()).split('. ')[0],
          `${loop}`.replace(/^<EventLoop /, '<'),
        ])
      look()
      loop.callSoon(look)
      loop.callSoon(() => log.push(getRunningLoop() === loop))
      await turn(loop)
      look()
      loop.close()
      loop.close()
      look()
      expect(log).toEqual([
        [false, 'RuntimeError: no running event loop', '<running=false closed=false debug=false>'],
        [true, 'nothing', '<running=true closed=false debug=false>'],
        true,
        [false, 'RuntimeError: no running event loop', '<running=false closed=false debug=false>'],
        [false, 'RuntimeError: no running event loop', '<running=false closed=true debug=false>'],
      ])
    })

    it('refuses a second run from inside a callback, except that of another host-driven loop', async () => {
      const loop = way.newLoop()
      const other = way.newLoop()
      const log: string[] = []
      const done = other.createFuture<void>()
      done.setResult()
      const runs: Promise<unknown>[] = []
      let blocking = false
      loop.callSoon(() => {
        blocking = loop.blocking
        for (const which of [loop, other]) {
          log.push(thrownBy(() => which.runForeverSync()))
          log.push(thrownBy(() => which.runUntilCompleteSync(done)))
          runs.push(...[which.runUntilComplete(done), which.runForever()].map((run) => run.catch(String)))
        }
      })
      await turn(loop)
      if (!blocking) other.stop()
      const ended = await Promise.all(runs)
      const twice = 'RuntimeError: This event loop is already running'
      const inside = 'RuntimeError: Cannot run the event loop while another loop is running'
      expect([log, ended]).toEqual([
        [twice, twice, inside, inside],
        [twice, twice, ...(blocking ? [inside, inside] : [undefined, twice])],
      ])
      expect({ loopIsRunning: loop.isRunning(), otherIsRunning: other.isRunning() }).toEqual({
        loopIsRunning: false,
        otherIsRunning: false,
      })
    })

    it('cannot be closed, and continues', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      loop.callSoon(() => log.push(thrownBy(() => loop.close())))
      loop.callSoon(() => {
        loop.callSoon(() => {
          log.push('goes on')
          loop.stop()
        })
      })
      await way.runForever(loop)
      expect(log).toEqual(['RuntimeError: Cannot close a running event loop', 'goes on'])
      expect({ isClosed: loop.isClosed() }).toEqual({ isClosed: false })
    })
  })

  describe('close', () => {
    it('drops ready callbacks and timers, and accepts no new ones', async () => {
      const loop = way.newLoop()
      const log: string[] = []
      const pending = loop.createFuture<void>()
      pending.addDoneCallback(() => log.push('called'))
      loop.callSoon(() => log.push('called'))
      loop.callLater(0, () => log.push('called'))
      loop.close()
      log.push(thrownBy(() => loop.callSoon(() => {})))
      log.push(thrownBy(() => loop.callLater(1, () => {})))
      log.push(thrownBy(() => loop.callAt(1, () => {})))
      log.push(thrownBy(() => loop.createTask((function* () {})() as never)))
      log.push(thrownBy(() => pending.setResult()))
      log.push(String(await failureOf(way.runForever(loop))))
      log.push(String(await failureOf(way.runUntilComplete(loop, loop.createFuture()))))
      expect(log).toEqual(new Array(7).fill('RuntimeError: Event loop is closed'))
      const { hasTimers } = loop
      expect({ closed: loop.isClosed(), running: loop.isRunning(), hasTimers }).toEqual({
        closed: true,
        running: false,
        hasTimers: false,
      })
    })
  })

  describe('errors', () => {
    it('of callbacks go to the exception handler, and the loop continues', async () => {
      const loop = way.newLoop()
      const reports: ExceptionContext[] = []
      loop.setExceptionHandler((which, context) => reports.push({ ...context, which }))
      const error = new Error('no')
      const handle = loop.callSoon(function fails() {
        throw error
      })
      const timer = loop.callLater(0, () => {
        throw undefined
      })
      loop.callLater(1, () => loop.stop())
      await way.runForever(loop)
      expect(reports).toEqual([
        {
          message: expect.stringMatching(/^Exception in callback fails\(\) at .*event-loop\.test\.ts:\d+$/),
          exception: error,
          handle,
          which: loop,
        },
        { message: expect.stringMatching(/^Exception in callback /), exception: undefined, handle: timer, which: loop },
      ])
      expect(reports.every((report) => 'exception' in report)).toBe(true)
    })

    it('that are a KeyboardInterrupt end the run; the rest of the iteration runs in the next run', async () => {
      const loop = way.newLoop()
      const reports: ExceptionContext[] = []
      loop.setExceptionHandler((_loop, context) => reports.push(context))
      const log: string[] = []
      const interrupt = new KeyboardInterrupt()
      loop.callSoon(() => log.push('a'))
      loop.callSoon(() => {
        throw interrupt
      })
      loop.callSoon(() => log.push('b'))
      const failure = await failureOf(way.runForever(loop))
      const running = loop.isRunning()
      loop.callSoon(() => log.push('c'))
      await turn(loop)
      expect(failure).toBe(interrupt)
      expect({ running, log, reports }).toEqual({ running: false, log: ['a', 'b', 'c'], reports: [] })
    })
  })

  describe('contexts', () => {
    it('of callbacks are copies of the one they were added in', async () => {
      const loop = way.newLoop()
      const name = new ContextVar('name', { defaultValue: 'default' })
      const log: string[] = []
      const look = (): void => {
        log.push(name.get())
        name.set('changed by a callback')
      }
      copyContext().run(() => {
        name.set('one')
        loop.callSoon(look)
        loop.callSoon(look)
        loop.callLater(1, look)
        name.set('two')
        loop.callSoon(look)
      })
      loop.callSoon(look)
      loop.callLater(2, () => loop.stop())
      await way.runForever(loop)
      log.push(name.get())
      expect(log).toEqual(['one', 'one', 'two', 'default', 'one', 'default'])
    })

    it('pass from a callback to the callbacks it adds', async () => {
      const loop = way.newLoop()
      const depth = new ContextVar('depth', { defaultValue: 0 })
      const log: number[] = []
      const deeper = (): void => {
        log.push(depth.get())
        depth.set(depth.get() + 1)
        if (depth.get() < 4) loop.callSoon(deeper)
      }
      loop.callSoon(deeper)
      for (let n = 0; n < 4; n++) await turn(loop)
      expect([log, depth.get()]).toEqual([[0, 1, 2, 3], 0])
    })

    it('are put back when a callback throws', async () => {
      const loop = way.newLoop()
      loop.setExceptionHandler(() => {})
      const name = new ContextVar('name', { defaultValue: 'default' })
      loop.callSoon(() => {
        name.set('changed')
        throw new Error('no')
      })
      loop.callSoon(() => {
        name.set('changed')
        throw new KeyboardInterrupt()
      })
      await failureOf(way.runForever(loop))
      expect(name.get()).toBe('default')
    })
  })

  describe('slow callbacks', () => {
    it('are reported in debug mode', async () => {
      const loop = way.newLoop({ debug: true })
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      loop.slowCallbackDuration = 8
      loop.callSoon(function slow() {
        way.keepBusy(loop, 9)
      })
      loop.callSoon(function quick() {})
      loop.callLater(0, function alsoSlow() {
        way.keepBusy(loop, 9)
      })
      await turn(loop)
      await turn(loop)
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^Executing <Handle slow\(\) at .* created at .*> took \d+\.\d{3} seconds$/)],
        [expect.stringMatching(/^Executing <TimerHandle when=.* alsoSlow\(\) at .*> took \d+\.\d{3} seconds$/)],
      ])
    })

    it('are emitted to listeners, without debug mode', async () => {
      const loop = way.newLoop()
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const told: unknown[] = []
      loop.events.on('handle:slow', ({ handle, duration }) => told.push({ handle, isLong: duration >= 8 }))
      loop.slowCallbackDuration = 8
      const slow = loop.callSoon(() => way.keepBusy(loop, 9))
      loop.callSoon(() => {})
      await turn(loop)
      expect({ told, warned: warn.mock.calls }).toEqual({ told: [{ handle: slow, isLong: true }], warned: [] })
    })
  })
})

// Where the host drives in real time a deadlock shows when Node has run empty: test/loop/deadlock.test.ts.
describe.each(ways.slice(1))('EventLoop $name, deadlocked', (way) => {
  it('reports each time that nothing is left to wake it, and can continue', async () => {
    const loop = way.newLoop()
    const future = loop.createFuture<string>()
    const failures = [
      await failureOf(way.runUntilComplete(loop, future)),
      await failureOf(way.runUntilComplete(loop, future)),
      await failureOf(way.runForever(loop)),
    ]
    loop.callLater(1, () => future.setResult('woken'))
    const result = await way.runUntilComplete(loop, future)
    expect([failures.map((failure) => failure instanceof DeadlockError), failures.map(String), result]).toEqual([
      [true, true, true],
      new Array(3).fill('DeadlockError: the loop runs, but there is no Task, no timer, and nothing that could wake it'),
      'woken',
    ])
  })

  it('is deadlocked once its last timer is cancelled', async () => {
    const loop = way.newLoop()
    const timers = [loop.callLater(5, () => {}), loop.callLater(60_000, () => {})]
    loop.callLater(1, () => {
      for (const timer of timers) timer.cancel()
    })
    expect((await failureOf(way.runForever(loop))) instanceof DeadlockError).toBe(true)
  })

  it('is deadlocked after all ready callbacks and timers have run', async () => {
    const loop = way.newLoop()
    const log: string[] = []
    loop.callSoon(() => log.push('ready'))
    loop.callLater(3, () => loop.callSoon(() => log.push('later')))
    await failureOf(way.runForever(loop))
    expect(log).toEqual(['ready', 'later'])
  })
})

describe('EventLoop in virtual time', () => {
  it('takes the next handle from the given ready queue', () => {
    class LastFirst extends Ring<Ready> {
      readonly #entries: Ready[] = []
      override get length(): number {
        return this.#entries.length
      }
      override put(ready: Ready): void {
        this.#entries.push(ready)
      }
      override get(): Ready {
        return this.#entries.pop() as Ready
      }
    }
    const log: string[] = []
    const loop = newFullLoop({ ready: new LastFirst() })
    for (const name of ['a', 'b', 'c']) loop.callSoon(() => log.push(name))
    loop.stop()
    loop.runForeverSync()
    loop.close()
    expect(log).toEqual(['c', 'b', 'a'])
  })

  it('does not wait: a year goes by at once, and each timer finds the time it was set for', () => {
    const [, , way] = ways
    const loop = way?.newLoop() as EventLoop
    const log: number[] = []
    const year = 365 * 24 * 3_600_000
    for (const when of [year, 0.25, 100, 3600_000.5]) loop.callAt(when, () => log.push(loop.time()))
    loop.callAt(year, () => loop.stop())
    loop.runForeverSync()
    expect([log, loop.time()]).toEqual([[0.25, 100, 3600_000.5, year], year])
  })

  it.each(['host', 'blocking'])('runs a timer for a time that is past in the next iteration (%s)', async (driver) => {
    const loop = newFullLoop({ clock: new VirtualClock(4) })
    const log: string[] = []
    loop.callAt(6, () => {
      log.push(`6: at ${loop.time()}`)
      loop.callAt(2, () => log.push(`2: at ${loop.time()}`))
      loop.callLater(-1, () => log.push(`-1: at ${loop.time()}`))
      loop.callLater(1, () => loop.stop())
    })
    if (driver === 'host') await loop.runForever()
    else loop.runForeverSync()
    expect(log).toEqual(['6: at 6', '2: at 6', '-1: at 6'])
  })
})

describe('EventLoop', () => {
  it('is in debug mode if requested', () => {
    const loop = newFullLoop()
    const before = loop.getDebug()
    loop.setDebug(true)
    const made = newFullLoop({ debug: true }).getDebug()
    expect({ before, after: loop.getDebug(), made }).toEqual({ before: false, after: true, made: true })
  })

  it('creates Tasks with the given factory, which must be a function that returns a Task', () => {
    const loop = newFullLoop()
    const made = new Future<void>({ loop })
    const asked: unknown[] = []
    const factory = (...args: unknown[]): Future => {
      asked.push(args)
      return made
    }
    const coroutine = (function* () {})() as never
    expect(loop.getTaskFactory()).toBeUndefined()
    loop.setTaskFactory(factory)
    expect(loop.createTask(coroutine, { name: 'named' })).toBe(made)
    expect(asked).toEqual([[loop, coroutine, { name: 'named' }]])
    expect(() => loop.setTaskFactory(1 as never)).toThrow('task factory must be a callable or undefined')
    expect(loop.getTaskFactory()).toBe(factory)
    loop.setTaskFactory(() => undefined as never)
    expect(thrownBy(() => loop.createTask(coroutine))).toBe(
      'TypeError: the task factory must return a Task, got undefined. Return `new Task(coroutine, { ...options, loop })`',
    )
    loop.setTaskFactory(undefined)
    expect(loop.getTaskFactory()).toBeUndefined()
  })

  it('creates Futures that belong to it', () => {
    const loop = newFullLoop()
    expect({
      isSameLoop: loop.createFuture().getLoop() === loop,
      isFuture: loop.createFuture() instanceof Future,
    }).toEqual({ isSameLoop: true, isFuture: true })
  })
})
