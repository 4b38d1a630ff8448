import { CancelledError, type Coroutine, getRunningLoop } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { eagerTaskFactory } from '../tasks/eager-task-factory.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { staggeredRace } from './staggered-race.ts'

describe('staggeredRace', () => {
  it('has no winner when there are no attempts', function* () {
    expect(yield* staggeredRace([], undefined)).toEqual({ winner: undefined, exceptions: [] })
  })

  it('is won by the first attempt, and starts no other', function* () {
    const second = (): never => {
      throw new Error('not started')
    }
    const result = yield* staggeredRace([() => sleep(10, 'first'), second], undefined)
    expect(result).toEqual({ winner: { result: 'first', index: 0 }, exceptions: [undefined] })
  })

  it('starts the next at once when one fails', function* () {
    const result = yield* staggeredRace([() => failing(5, 'first'), () => sleep(10, 'second')], 1000)
    expect(result).toEqual({ winner: { result: 'second', index: 1 }, exceptions: [new Error('first'), undefined] })
    expect(now()).toBe(15)
  })

  it('starts the next after the delay, and cancels the losers', function* () {
    const result = yield* staggeredRace([() => sleep(1000, 'first'), () => sleep(10, 'second')], 100)
    expect(result.winner).toEqual({ result: 'second', index: 1 })
    expect([result.exceptions, now()]).toEqual([[expect.any(CancelledError), undefined], 110])
  })

  it('has no winner when all fail, and tells how each did', function* () {
    const result = yield* staggeredRace([() => failing(1, 'first'), () => failing(1, 'second')], undefined)
    expect(result).toEqual({ winner: undefined, exceptions: [new Error('first'), new Error('second')] })
  })

  it('is won by the first, even if another returns when it is cancelled', function* () {
    function* stubborn(): Coroutine<string> {
      try {
        yield* sleep(1000)
      } catch {
        // it does not mind
      }
      return 'stubborn'
    }
    const result = yield* staggeredRace([stubborn, () => sleep(10, 'second')], 10)
    expect(result.winner).toEqual({ result: 'second', index: 1 })
  })

  it('cancels all attempts when it is cancelled', function* () {
    const log: string[] = []
    function* attempt(name: string): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        log.push(name)
      }
    }
    const task = createTask(staggeredRace([() => attempt('first'), () => attempt('second')], 10))
    yield* sleep(50)
    task.cancel()
    expect([yield* outcome(task), log]).toEqual([expect.any(CancelledError), ['first', 'second']])
  })

  it.each([5, undefined])('can be run with eager Tasks (delay %s)', function* (delay) {
    getRunningLoop().setTaskFactory(eagerTaskFactory)
    function* at(once: string): Coroutine<string> {
      return once
    }
    const attempts = [() => failing(undefined, 'first'), () => at('second'), () => sleep(10, 'third')]
    const result = yield* staggeredRace(attempts, delay)
    expect(result).toEqual({ winner: { result: 'second', index: 1 }, exceptions: [new Error('first'), undefined] })
  })

  it('leaves no attempt running, wherever it is cancelled', async () => {
    let running = 0
    function* attempt(takes: number): Coroutine<number> {
      running++
      try {
        return yield* sleep(takes, takes)
      } finally {
        running--
      }
    }
    await explore(() => staggeredRace([() => attempt(30), () => attempt(10), () => attempt(50)], 5), {
      cancel: 'main',
      times: 'written',
      check: ({ task, cancelled, left }) => {
        expect([running, left, task.cancelled()]).toEqual([0, [], cancelled.length > 0])
      },
    })
  })

  it('ends as usual in the clean-up of a Task that was cancelled', function* () {
    const log: unknown[] = []
    const task = createTask(
      (function* (): Coroutine<void> {
        try {
          yield* sleep(1000)
        } finally {
          const { winner } = yield* staggeredRace([() => sleep(10, 'slow'), () => sleep(2, 'fast')], 1)
          yield* sleep(1)
          log.push(winner?.result)
        }
      })(),
    )
    yield* sleep(1)
    task.cancel()
    yield* outcome(task)
    expect({ log, cancelled: task.cancelled() }).toEqual({ log: ['fast'], cancelled: true })
  })

  it.each([5, 15, 100])('hands the message of a cancel on to the attempts: after %i ms', function* (when: number) {
    const seen: string[] = []
    function* attempt(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch (error) {
        seen.push((error as Error).message)
        yield* sleep(1) // clean-up, which nothing cuts
        seen.push('clean')
        throw error
      }
    }
    const task = createTask(staggeredRace([attempt, attempt], 10))
    yield* sleep(when)
    task.cancel('too late')
    const error = yield* outcome(task)
    expect({ error: String(error), cancelled: task.cancelled() }).toEqual({
      error: 'CancelledError: too late',
      cancelled: true,
    })
    const attempts = when < 10 ? 1 : 2
    expect(seen).toEqual([...Array(attempts).fill('too late'), ...Array(attempts).fill('clean')])
  })

  it('starts no attempt at once under an eager task factory', function* () {
    getRunningLoop().setTaskFactory(eagerTaskFactory)
    const log: string[] = []
    getRunningLoop().callSoon(() => log.push('an iteration'))
    function* attempt(): Coroutine<void> {
      log.push('attempt')
      yield* sleep(1)
    }
    yield* staggeredRace([attempt], undefined)
    expect(log).toEqual(['an iteration', 'attempt'])
  })

  it('refuses an invalid time', () => {
    expect(() => staggeredRace([], Number.NaN)).toThrow(RangeError)
  })
})

function* failing(delay: number | undefined, message: string): Coroutine<never> {
  if (delay !== undefined) yield* sleep(delay)
  throw new Error(message)
}
