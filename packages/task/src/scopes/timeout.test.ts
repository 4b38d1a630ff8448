import {
  CancelledError,
  type Coroutine,
  ExceptionGroup,
  Future,
  getRunningLoop,
  RuntimeError,
  TimeoutError,
  VirtualClock,
} from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { thrown } from '../outcome.fixture.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { moveOnAfter, type Timeout, timeout, timeoutAt } from './timeout.ts'

const TIMED_OUT = expect.stringMatching(
  /^TimeoutError: 10 ms of virtual time passed in timeout\(\); the block was waiting at .* for sleep\(10000\)$/,
)

describe('timeout', () => {
  it('cancels the wait of the block, and throws a TimeoutError caused by that', function* () {
    let seen: { error: unknown; at: number; expired: boolean } | undefined
    let scope: Timeout | undefined
    const error = yield* thrown(
      timeout(10, function* (given) {
        scope = given
        try {
          yield* sleep(10_000)
        } catch (error) {
          seen = { error, at: now(), expired: given.expired() }
          throw error
        }
      }),
    )
    expect(seen).toEqual({ error: expect.any(CancelledError), at: 10, expired: true })
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as Error).cause).toBe(seen?.error)
    expect({ expired: scope?.expired(), cancelling: currentTask()?.cancelling() }).toEqual({
      expired: true,
      cancelling: 0,
    })
  })

  it('takes the time itself as timeoutAt', function* () {
    yield* sleep(100)
    let scope: Timeout | undefined
    const error = yield* thrown(
      timeoutAt(110, (given) => {
        scope = given
        return sleep(10_000)
      }),
    )
    expect({ error, expired: scope?.expired(), when: scope?.when(), now: now() }).toEqual({
      error: expect.any(TimeoutError),
      expired: true,
      when: 110,
      now: 110,
    })
  })

  it('tells an exception that was caused by its cancellation that it was a timeout', function* () {
    const error = yield* thrown(
      timeout(10, function* () {
        try {
          yield* sleep(10_000)
        } catch (cause) {
          throw new Error('outer', { cause: new Error('clean-up failed', { cause }) })
        }
      }),
    )
    expect(causes(error)).toEqual([
      'Error: outer',
      'Error: clean-up failed',
      TIMED_OUT,
      'CancelledError: cancelled by timeout()',
    ])
  })

  it('leaves a frozen exception unchanged', function* () {
    const frozen = Object.freeze(new Error('outer', { cause: new CancelledError() }))
    const error = yield* thrown(
      timeout(10, function* () {
        try {
          yield* sleep(10_000)
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: replaces the cancellation
          throw frozen
        }
      }),
    )
    expect(error).toBe(frozen)
  })

  it('explains each exception of a group, too, unless it has another cause', function* () {
    const closing = new Error('closing', {})
    closing.cause = closing
    const error = yield* thrown(
      timeout(10, function* () {
        try {
          yield* sleep(10_000)
        } catch (cause) {
          throw new ExceptionGroup('both', [new Error('one', { cause }), closing, 'thrown'], { cause })
        }
      }),
    )
    expect(causes(error)).toEqual([
      'ExceptionGroup: both (3 sub-exceptions)',
      TIMED_OUT,
      'CancelledError: cancelled by timeout()',
    ])
    expect(causes((error as ExceptionGroup).exceptions[0])).toEqual([
      'Error: one',
      TIMED_OUT,
      'CancelledError: cancelled by timeout()',
    ])
    expect(closing.cause).toBe(closing)
  })

  it.each([
    { busy: 50, inner: 'CancelledError', at: 50 }, // the outer one only is up
    { busy: 200, inner: 'CancelledError', at: 200 }, // both: the outer one was set first
  ])('lets the outer of two be up first when the loop is busy for $busy ms', ({ busy, inner, at }) => {
    const clock = new VirtualClock()
    const loop = newEventLoop({ clock })
    const log: unknown[] = []
    loop.runUntilCompleteSync(
      (function* () {
        const error = yield* thrown(
          timeout(10, function* () {
            try {
              yield* timeout(100, function* () {
                clock.advanceTo(busy) // pretends to work for that long
                yield* sleep(1000)
              })
            } catch (error) {
              log.push((error as Error).name)
              throw error
            }
          }),
        )
        log.push((error as Error).name, now())
      })(),
    )
    loop.close()
    expect(log).toEqual([inner, 'TimeoutError', at])
  })

  it('prints its state', function* () {
    const log: string[] = []
    const scope = yield* timeoutAt(10.12345, function* (active) {
      log.push(`${active}`)
      active.reschedule(undefined)
      log.push(`${active}`)
      return active
    })
    log.push(`${scope}`)
    const expired = yield* timeoutAt(20, function* (expiring) {
      yield* thrown(sleep(100))
      log.push(`${expiring}`)
      return expiring
    })
    log.push(`${expired}`)
    expect(log).toEqual([
      '<Timeout [active] when=10.123>',
      '<Timeout [active] when=undefined>',
      '<Timeout [finished]>',
      '<Timeout [expiring]>',
      '<Timeout [expired]>',
    ])
  })

  it('can limit the clean-up of another one', function* () {
    let inner: unknown
    const error = yield* thrown(
      timeout(10, function* () {
        try {
          yield* sleep(1000)
        } finally {
          inner = yield* thrown(timeout(10, () => sleep(1000)))
        }
      }),
    )
    expect([inner, error, now()]).toEqual([expect.any(TimeoutError), expect.any(TimeoutError), 20])
  })

  it('works in the clean-up of a Task that was cancelled, and so does cancelling that', function* () {
    function* work(cleanUp: () => Coroutine<unknown>): Coroutine<unknown> {
      try {
        yield* sleep(1000)
      } catch {
        return yield* thrown(cleanUp())
      }
      return undefined
    }
    const timedOut = createTask(work(() => timeout(0, () => sleep(1000))))
    const cancelled = createTask(work(() => timeout(1000, () => sleep(1000))))
    yield* sleep(0)
    timedOut.cancel()
    cancelled.cancel()
    yield* sleep(0)
    cancelled.cancel()
    expect(yield* timedOut).toBeInstanceOf(TimeoutError)
    expect(yield* cancelled).toBeInstanceOf(CancelledError)
  })

  it('takes another time only while its block runs', function* () {
    let expired: Timeout | undefined
    yield* thrown(
      timeoutAt(10, function* (scope) {
        expired = scope
        yield* thrown(sleep(1000))
        expect(() => scope.reschedule(20)).toThrow(new RuntimeError('Cannot change state of expiring Timeout'))
        throw new CancelledError()
      }),
    )
    expect(() => expired?.reschedule(20)).toThrow(new RuntimeError('Cannot change state of expired Timeout'))
    const finished = yield* timeoutAt(20, (scope) => sleep(1, scope))
    expect(() => finished.reschedule(20)).toThrow(new RuntimeError('Cannot change state of finished Timeout'))
  })

  it('has to be used inside a Task', function* () {
    const called = getRunningLoop().createFuture<void>()
    getRunningLoop().callSoon(() => {
      expect(() => timeout(10, () => sleep(1)).next()).toThrow(new RuntimeError('Timeout should be used inside a task'))
      called.setResult()
    })
    yield* called
  })

  it('counts from when it is awaited', function* () {
    const waiting = timeout(10, () => sleep(5, 'in time'))
    yield* sleep(100)
    expect(yield* waiting).toBe('in time')
  })

  it('is not spent by a cancel that throws: it can be set again, and others are not taken for it', function* () {
    class Stubborn extends Future<void> {
      refuses = true
      override cancel(message?: string): boolean {
        if (this.refuses) throw new Error('not now')
        return super.cancel(message)
      }
    }
    const loop = getRunningLoop()
    const reports: unknown[] = []
    loop.setExceptionHandler((_loop, { exception }) => void reports.push(exception))
    const log: unknown[] = []
    const stubborn = new Stubborn({ loop })
    try {
      yield* timeout(10, function* (scope) {
        const task = currentTask()
        loop.callLater(20, () => {
          log.push({ expired: scope.expired(), cancelling: task?.cancelling() })
          stubborn.refuses = false
          scope.reschedule(loop.time() + 10)
        })
        yield* stubborn
      })
    } catch (error) {
      log.push((error as Error).name)
    }
    loop.setExceptionHandler(undefined)
    expect({ log, reports, cancelling: currentTask()?.cancelling() }).toEqual({
      log: [{ expired: false, cancelling: 0 }, 'TimeoutError'],
      reports: [new Error('not now')],
      cancelling: 0,
    })
  })

  it('refuses an invalid time and an invalid block', function* () {
    const block = (): Coroutine<void> => sleep(1)
    expect(() => timeout(Number.NaN, block)).toThrow(new RangeError('Invalid delay: NaN (not a number)'))
    expect(() => timeout('5' as never, block)).toThrow(TypeError)
    expect(() => timeoutAt(Number.NaN, block)).toThrow(new RangeError('Invalid when: NaN (not a number)'))
    expect(() => timeout(1, 5 as never)).toThrow(
      new TypeError('timeout() takes a block, got 5. Write `function* () { … }`, with the star'),
    )
    expect(String(yield* thrown(timeout(1, (async () => {}) as never)))).toBe(
      'TypeError: timeout() expected its block to return an awaitable, got <Promise>. Write `function*` and `yield*` instead of `async` and `await`; the call of a function that returns a promise is awaited as `yield* call((signal) => …)`',
    )
    expect(String(yield* thrown(moveOnAfter(1, (() => 5) as never)))).toMatch(/moveOnAfter\(\) expected its block .* 5/)
    yield* timeoutAt(5, function* (scope) {
      expect(() => scope.reschedule(Number.NaN)).toThrow(RangeError)
      expect(scope.when()).toBe(5) // as before
    })
  })

  // gh-134471
  it.each([0, -1, 5])(
    'with a delay of %i does not swallow a cancellation that came before it was entered',
    function* (delay) {
      const log: unknown[] = []
      const task = createTask(
        (function* () {
          currentTask()?.cancel('before')
          log.push(yield* thrown(timeout(delay, () => sleep(1000))))
          yield* sleep(1000)
          log.push('went on')
        })(),
      )
      yield* sleep(1)
      expect([String(log[0]), task.cancelling(), now()]).toEqual(['CancelledError: before', 1, 1])
      task.cancel()
      yield* thrown(task)
    },
  )

  it('leaves no timer and no request behind wherever the Task is cancelled', async () => {
    let scope: Timeout | undefined
    const { runs } = await explore(
      function* () {
        yield* timeout(10, function* (given) {
          scope = given
          try {
            yield* sleep(5)
          } finally {
            yield* sleep(1)
          }
        })
      },
      {
        cancel: 'main',
        times: 'written',
        setup() {
          scope = undefined
        },
        *check({ task, cancelled }) {
          expect([task.cancelled(), task.cancelling()]).toEqual([cancelled.length === 1, cancelled.length])
          if (scope !== undefined) expect(`${scope}`).toBe('<Timeout [finished]>')
        },
      },
    )
    expect(runs).toBeGreaterThan(3)
  })

  it('ends as cancelled wherever it is cancelled while it times out', async () => {
    await explore(
      () =>
        timeout(5, function* () {
          try {
            yield* sleep(10)
          } finally {
            yield* sleep(10)
          }
        }),
      {
        cancel: 'main',
        times: 'written',
        check: ({ task, cancelled }) => {
          expect([task.cancelled(), task.cancelling()]).toEqual(cancelled.length === 0 ? [false, 0] : [true, 1])
          if (cancelled.length === 0) expect(task.exception()).toBeInstanceOf(TimeoutError)
        },
      },
    )
  })
})

describe('moveOnAfter', () => {
  it('returns undefined when it times out, and continues', function* () {
    let scope: Timeout | undefined
    const result = yield* moveOnAfter(10, (given) => {
      scope = given
      return sleep(1000, 'late')
    })
    expect({ result, expired: scope?.expired(), now: now(), cancelling: currentTask()?.cancelling() }).toEqual({
      result: undefined,
      expired: true,
      now: 10,
      cancelling: 0,
    })
    expect(yield* moveOnAfter(10, () => sleep(5, 'in time'))).toBe('in time')
  })

  it('lets other exceptions pass, a TimeoutError of the block, too', function* () {
    const mine = new TimeoutError('mine')
    const block = moveOnAfter(10, function* () {
      throw mine
    })
    expect(yield* thrown(block)).toBe(mine)
    const nested = moveOnAfter(10, () => timeout(5, () => sleep(1000)))
    expect([yield* thrown(nested), now()]).toEqual([expect.any(TimeoutError), 5])
  })

  it('lets a cancellation from outside pass', function* () {
    const task = createTask(moveOnAfter(10, () => sleep(1000)))
    yield* sleep(10) // it times out in this very turn
    task.cancel()
    expect(yield* thrown(task)).toBeInstanceOf(CancelledError)
  })
})

function causes(error: unknown): string[] {
  return error instanceof Error ? [String(error), ...causes(error.cause)] : []
}
