import { CancelledError, type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { leavesNothing } from '../leaves-nothing.fixture.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { timeout } from '../scopes/timeout.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { any, race } from './race.ts'
import { wait } from './wait.ts'

function* failing(delay: number, message: string): Coroutine<never> {
  yield* sleep(delay)
  throw new Error(message)
}

/** Takes `delay` ms, and as many to clean up. */
function* tidy(delay: number, name: string, log: string[]): Coroutine<string> {
  try {
    yield* sleep(delay)
    return name
  } catch (error) {
    log.push(`${name}: ${error}`)
    throw error
  } finally {
    yield* uncancellable(() => sleep(5))
    log.push(`${name}: clean`)
  }
}

describe('race', () => {
  it('returns the result of the first, after the others were cancelled and have cleaned up', function* () {
    const log: string[] = []
    const result = yield* race([tidy(100, 'slow', log), sleep(10, 'quick'), () => tidy(50, 'function', log)])
    expect({ result, log: log.sort(), time: now() }).toEqual({
      result: 'quick',
      log: ['function: CancelledError', 'function: clean', 'slow: CancelledError', 'slow: clean'],
      time: 15,
    })
  })

  it('is named where a Task waits for it', function* () {
    const task = createTask(race([sleep(10), sleep(20)]))
    yield* sleep(1)
    expect(`${task}`).toContain('wait_for=<Future pending for=race of 2')
    yield* task
  })

  it('throws the error of the first', function* () {
    const log: string[] = []
    const error = yield* outcome(race([tidy(100, 'slow', log), failing(10, 'first')]))
    expect({ error, log }).toEqual({ error: new Error('first'), log: ['slow: CancelledError', 'slow: clean'] })
  })

  it('takes the first in time, not in the list, even if several end in one turn', function* () {
    const loop = getRunningLoop()
    const [first, second] = [loop.createFuture<string>(), loop.createFuture<string>()]
    const racing = createTask(race([first, second]))
    yield* sleep(1)
    second.setResult('second')
    first.setResult('first')
    expect(yield* racing).toBe('second')
    expect(yield* race([Promise.resolve('promise'), sleep(10, 'sleep')])).toBe('promise')
  })

  it('keeps the result when a cancellation comes while the others clean up', function* () {
    const log: string[] = []
    const task = createTask(function* () {
      log.push(yield* race([tidy(100, 'slow', []), sleep(10, 'quick')]))
      yield* sleep(100)
    })
    yield* sleep(12)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect(log).toEqual(['quick'])
  })

  it('reports an exception of a loser in its clean-up', function* () {
    const reports: ExceptionContext[] = []
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
    function* broken(): Coroutine<void> {
      try {
        yield* sleep(100)
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what is tested
        throw new Error('in the clean-up')
      }
    }
    yield* race([broken(), sleep(1)])
    expect(reports.map(({ message, exception }) => `${message}: ${exception}`)).toEqual([
      'a loser of race() failed when it was cancelled: Error: in the clean-up',
    ])
  })

  it('leaves nothing running, wherever and however often it is cancelled', async () => {
    for (const combine of [race, any]) {
      await leavesNothing(function* (running) {
        function* member(delay: number): Coroutine<void> {
          running.count++
          try {
            yield* sleep(delay)
          } finally {
            yield* uncancellable(() => sleep(3))
            running.count--
          }
        }
        yield* combine([member(2), member(20), member(30)])
        yield* sleep(1)
      })
    }
  })

  it('passes the message of its cancellation on', function* () {
    const log: string[] = []
    const task = createTask(race([tidy(100, 'one', log), tidy(100, 'two', log)]))
    yield* sleep(1)
    task.cancel('enough')
    yield* wait([task])
    expect(log.slice(0, 2)).toEqual(['one: CancelledError: enough', 'two: CancelledError: enough'])
  })

  it('takes the same coroutine, Task or promise twice for one', function* () {
    const log: string[] = []
    const once = tidy(10, 'once', log)
    const failed = failing(10, 'failed')
    expect([yield* race([once, once]), String(yield* outcome(any([failed, failed]))), log]).toEqual([
      'once',
      'AggregateError: all 1 of any() failed',
      ['once: clean'],
    ])
  })

  it('refuses bad input', () => {
    expect(() => race([])).toThrow('race() of nothing would never end')
    expect(() => race(sleep(1) as never)).toThrow('race() takes an array, got ')
    expect(() => any(5 as never)).toThrow('any() takes an array, got 5. Write: any([a(), b()])')
  })
})

describe('any', () => {
  it('returns the first result, whatever fails before', function* () {
    const log: string[] = []
    const result = yield* any([failing(5, 'early'), tidy(100, 'slow', log), sleep(10, 'good')])
    expect({ result, log }).toEqual({ result: 'good', log: ['slow: CancelledError', 'slow: clean'] })
  })

  it('throws an AggregateError if all fail, in the order of the list', function* () {
    const cancelled = createTask(sleep(100))
    const failed = createTask(outcome(any([failing(10, 'a'), failing(5, 'b'), cancelled])))
    yield* sleep(1)
    cancelled.cancel()
    const error = (yield* failed) as AggregateError
    expect(error).toBeInstanceOf(AggregateError)
    expect([error.message, ...error.errors.map(String)]).toEqual([
      'all 3 of any() failed',
      'Error: a',
      'Error: b',
      'CancelledError',
    ])
    expect(((yield* outcome(any([]))) as AggregateError).errors).toEqual([])
  })

  it('is ended by a timeout, and cancels all', function* () {
    const log: string[] = []
    yield* outcome(timeout(10, () => any([tidy(100, 'one', log), tidy(100, 'two', log)])))
    expect(log).toEqual(['one: CancelledError', 'two: CancelledError', 'one: clean', 'two: clean'])
  })
})
