import { type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { rethrowIfCancelled } from '../scopes/rethrow-if-cancelled.ts'
import { currentTask } from './current-task.ts'
import { createTask } from './ensure-future.ts'

function* swallowing(): Coroutine<string> {
  try {
    yield* sleep(1000)
  } catch {
    // too broad
  }
  yield* sleep(1)
  return 'as if nothing had been'
}

const wrapped = coroutine(swallowing)

/** Runs it as a Task, cancels that while it waits, and gives all that was reported in debug mode. */
function* reported(work: () => Coroutine<unknown>): Coroutine<string[]> {
  const loop = getRunningLoop()
  const reports: ExceptionContext[] = []
  loop.setDebug(true)
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  const task = createTask(work(), { name: 'worker' })
  yield* sleep(10)
  task.cancel()
  yield* gather([task], { returnExceptions: true })
  loop.setDebug(false)
  loop.setExceptionHandler(undefined)
  for (const report of reports) expect(report.task).toBe(task)
  return reports.map((report) => report.message)
}

describe('a cancellation that is swallowed', () => {
  it('is reported in debug mode, with the line at which the Task continued', function* () {
    const message = expect.stringMatching(
      /^Task 'worker' was cancelled, but swallowed the CancelledError and went on at \S*swallowed-cancellation\.test\.ts:17\. Let it pass: `rethrowIfCancelled\(error\)` at the head of the catch$/,
    )
    expect(yield* reported(swallowing)).toEqual([message])
    expect(yield* reported(wrapped)).toEqual([message])
  })

  it('is emitted to listeners, in debug mode or not', function* () {
    const loop = getRunningLoop()
    const told: unknown[] = []
    const listener = (event: { task: unknown }): void => void told.push(event.task)
    loop.events.on('task:cancel-swallowed', listener)
    const task = createTask(swallowing())
    yield* sleep(10)
    task.cancel()
    expect(yield* task).toBe('as if nothing had been')
    loop.events.off('task:cancel-swallowed', listener)
    expect(told).toEqual([task])
  })

  it('counts as one also when the Task ends with another error, or was cancelled while woken or ready', function* () {
    function* failing(): Coroutine<void> {
      yield* swallowing()
      throw new TypeError('something else')
    }
    function* spinning(): Coroutine<void> {
      for (let turn = 0; turn < 100; turn++) {
        try {
          yield* sleep(turn < 50 ? 0.5 : 0)
        } catch {
          // too broad
        }
      }
    }
    function* cancellingItself(): Coroutine<void> {
      currentTask()?.cancel()
      yield* swallowing()
    }
    for (const work of [failing, spinning, cancellingItself]) expect(yield* reported(work)).toHaveLength(1)
  })

  const innocent: [string, () => Coroutine<unknown>][] = [
    [
      'breaks out of its loop and ends, as a spinner does',
      function* spinner() {
        for (;;) {
          try {
            yield* sleep(100)
          } catch {
            break
          }
        }
        return 'wiped'
      },
    ],
    [
      'takes the request back by uncancel()',
      function* uncancelling() {
        try {
          yield* sleep(1000)
        } catch {
          currentTask()?.uncancel()
        }
        yield* sleep(1)
      },
    ],
    [
      'waits in its clean-up and lets the error pass',
      function* cleaning() {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(1)
        }
      },
    ],
    [
      'catches it, waits, and throws it again',
      function* delaying() {
        try {
          yield* sleep(1000)
        } catch (error) {
          yield* sleep(1)
          throw error
        }
      },
    ],
    [
      'has rethrowIfCancelled() in its broad catch',
      function* careful() {
        try {
          yield* sleep(1000)
        } catch (error) {
          rethrowIfCancelled(error)
          yield* sleep(1)
        }
      },
    ],
    [
      'ends before the cancellation comes',
      function* quick() {
        yield* sleep(1)
      },
    ],
  ]
  it.each(innocent)('is not reported of a Task that %s', function* (_what, work) {
    expect(yield* reported(work)).toEqual([])
  })
})

describe('rethrowIfCancelled()', () => {
  it('lets a cancellation pass, and nothing else', function* () {
    const log: unknown[] = []
    function* careful(): Coroutine<void> {
      for (;;) {
        try {
          yield* sleep(10)
          throw new TypeError('failed')
        } catch (error) {
          rethrowIfCancelled(error)
          log.push(String(error))
        }
      }
    }
    const task = createTask(careful())
    yield* sleep(25)
    task.cancel()
    yield* gather([task], { returnExceptions: true })
    expect(log).toEqual(['TypeError: failed', 'TypeError: failed'])
    expect({ cancelled: task.cancelled() }).toEqual({ cancelled: true })
    for (const other of [undefined, null, 'text', new Error()]) expect(rethrowIfCancelled(other)).toBeUndefined()
  })
})
