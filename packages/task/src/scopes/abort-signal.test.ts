import { getEventListeners } from 'node:events'
import { CancelledError, type Coroutine, getRunningLoop, TimeoutError } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { abortable, cancelOnAbort, withAbortSignal } from './abort-signal.ts'
import { timeout } from './timeout.ts'

describe('abortable', () => {
  it('returns the result of the block, and leaves no listener on the signal', function* () {
    const { signal } = new AbortController()
    const block = abortable(signal, function* () {
      expect(listeners(signal)).toBe(1)
      return yield* sleep(10, 'done')
    })
    expect([yield* block, listeners(signal)]).toEqual(['done', 0])
  })

  it('cancels the wait of the block when the signal aborts, and throws the reason when it has ended', function* () {
    const controller = new AbortController()
    getRunningLoop().callLater(10, () => controller.abort(new Error('no more')))
    const log: unknown[] = []
    const error = yield* outcome(
      abortable(controller.signal, function* () {
        try {
          yield* sleep(1000)
        } catch (error) {
          log.push(String(error), now())
          yield* sleep(5)
          throw error
        }
      }),
    )
    expect([String(error), log, now()]).toEqual(['Error: no more', ['CancelledError: no more', 10], 15])
    expect([currentTask()?.cancelling(), listeners(controller.signal)]).toEqual([0, 0])
    yield* sleep(10)
  })

  it('does not begin when the signal has aborted before', function* () {
    let begun = false
    const error = yield* outcome(
      abortable(AbortSignal.abort(), function* () {
        begun = true
      }),
    )
    expect({ name: (error as Error).name, begun }).toEqual({ name: 'AbortError', begun: false })
  })

  it('lets exceptions of the block and cancellations from outside pass', function* () {
    const controller = new AbortController()
    const failed = new Error('mine')
    const failing = abortable(controller.signal, function* () {
      throw failed
    })
    expect(yield* outcome(failing)).toBe(failed)
    const task = createTask(abortable(controller.signal, () => sleep(1000)))
    yield* sleep(1)
    task.cancel('outside')
    controller.abort() // in the same turn
    expect([String(yield* outcome(task)), task.cancelling()]).toEqual(['CancelledError: outside', 1])
  })

  it('takes its request back if the block returns in the step of the abort', function* () {
    const controller = new AbortController()
    const result = yield* abortable(controller.signal, function* () {
      controller.abort()
      return 'done'
    })
    yield* sleep(0)
    expect([result, currentTask()?.cancelling()]).toEqual(['done', 0])
  })

  it('leaves nothing behind with a signal that very many waited on', function* () {
    const { signal } = new AbortController()
    for (let i = 0; i < (longForm ? 20_000 : 2_000); i++) yield* abortable(signal, () => sleep(0))
    expect(listeners(signal)).toBe(0)
  })

  it('has one listener for all who wait on a signal at once, and cancels them in the order they came', function* () {
    const controller = new AbortController()
    const log: number[] = []
    const tasks = Array.from({ length: 100 }, (_, i) => {
      const task = createTask(abortable(controller.signal, () => sleep(i === 1 ? 5 : 1000)))
      task.addDoneCallback(() => log.push(i))
      return task
    })
    yield* sleep(10)
    expect([listeners(controller.signal), log]).toEqual([1, [1]])
    controller.abort()
    expect(listeners(controller.signal)).toBe(0)
    yield* gather(tasks, { returnExceptions: true })
    expect(log).toEqual([1, 0, ...Array.from({ length: 98 }, (_, i) => i + 2)])
  })

  it('is cancelled even if another that waits on the same signal can not be', function* () {
    let abort = (): void => {}
    const signal = {
      aborted: false,
      addEventListener: (_type: 'abort', listener: () => void) => {
        abort = listener
      },
      removeEventListener: () => {},
    }
    const refused = new Error('refused')
    const refusing = getRunningLoop().createFuture<void>()
    refusing.cancel = () => {
      throw refused
    }
    const waiting = createTask(abortable(signal, () => refusing))
    const other = createTask(abortable(signal, () => sleep(1000)))
    yield* sleep(1)
    expect(abort).toThrow(refused)
    yield* outcome(other)
    expect(now()).toBe(1)
    refusing.setResult()
    yield* outcome(waiting)
  })

  it('leaves no listener behind wherever it is cancelled', async () => {
    const { signal } = new AbortController()
    await explore(
      () =>
        abortable(signal, function* () {
          yield* sleep(5)
          yield* sleep(0)
        }),
      {
        cancel: 'main',
        times: 'written',
        check: ({ task, cancelled }) => {
          expect([listeners(signal), task.cancelled()]).toEqual([0, cancelled.length > 0])
        },
      },
    )
  })

  it('refuses a value that is not a signal', () => {
    expect(() => abortable({} as never, () => sleep(1))).toThrow(new TypeError('an AbortSignal was expected, got {}'))
    expect(() => abortable(AbortSignal.abort(), 5 as never)).toThrow(TypeError)
  })
})

describe('withAbortSignal', () => {
  it('hands out a signal that stays as it is when the block returns', function* () {
    let seen: AbortSignal | undefined
    const result = yield* withAbortSignal((signal) => {
      seen = signal
      return sleep(10, 'done')
    })
    expect({ result, aborted: seen?.aborted }).toEqual({ result: 'done', aborted: false })
  })

  it('aborts it when the Task is cancelled, with an AbortError', function* () {
    let seen: AbortSignal | undefined
    const task = createTask(
      withAbortSignal((signal) => {
        seen = signal
        return sleep(1000)
      }),
    )
    yield* sleep(10)
    expect(seen?.aborted).toBe(false)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect([seen?.aborted, seen?.reason]).toMatchObject([true, { name: 'AbortError' }])
  })

  it('aborts it when a timeout around it expires, and not when a timeout inside does', function* () {
    let seen: AbortSignal | undefined
    const error = yield* outcome(
      timeout(100, () =>
        withAbortSignal(function* (signal) {
          seen = signal
          expect(yield* outcome(timeout(10, () => sleep(1000)))).toBeInstanceOf(TimeoutError)
          expect(signal.aborted).toBe(false)
          yield* sleep(1000)
        }),
      ),
    )
    expect({ error, aborted: seen?.aborted }).toEqual({ error: expect.any(TimeoutError), aborted: true })
  })

  it('aborts it with the exception of the block', function* () {
    let seen: AbortSignal | undefined
    const failed = new Error('mine')
    const block = withAbortSignal(function* (signal) {
      seen = signal
      throw failed
    })
    expect([yield* outcome(block), seen?.reason]).toEqual([failed, failed])
  })
})

describe('cancelOnAbort', () => {
  it('cancels a Task when the signal aborts, and tells by whom', function* () {
    const controller = new AbortController()
    const task = createTask(sleep(1000))
    cancelOnAbort(task, controller.signal)
    yield* sleep(10)
    controller.abort(new Error('no more'))
    expect([String(yield* outcome(task)), now(), listeners(controller.signal)]).toEqual([
      'CancelledError: no more',
      10,
      0,
    ])
    expect(task.cancelledBy()).toEqual({ by: 'AbortSignal', via: undefined, message: 'no more' })
  })

  it('gives the Task a message of any reason', function* () {
    const messages: (string | undefined)[] = []
    for (const reason of ['no more', { code: 1 }]) {
      const task = createTask(sleep(1000))
      cancelOnAbort(task, AbortSignal.abort(reason))
      messages.push(task.cancelledBy()?.message)
      yield* wait([task])
    }
    expect(messages).toEqual(['no more', '{ code: 1 }'])
  })

  it('cancels it at once when the signal has aborted, and takes no notice of a Task that is done', function* () {
    const task = createTask(sleep(1000))
    cancelOnAbort(task, AbortSignal.abort())
    expect(task.cancelling()).toBe(1)
    yield* wait([task])
    const { signal } = new AbortController()
    cancelOnAbort(task, signal)
    const short = createTask(sleep(1))
    cancelOnAbort(short, signal)
    expect(listeners(signal)).toBe(1)
    yield* short
    yield* sleep(0)
    expect(listeners(signal)).toBe(0)
  })

  it('refuses what is not a Task', () => {
    const { signal } = new AbortController()
    for (const [task, printed] of [
      [undefined, 'undefined'],
      [{ done: 1 }, '{ done: 1 }'],
    ] as const) {
      expect(() => cancelOnAbort(task as never, signal)).toThrow(
        new TypeError(`cancelOnAbort() takes a Task, got ${printed}`),
      )
    }
  })
})

describe('run with a signal', () => {
  it('cancels the main Task when it aborts, lets it clean up, and rejects with the reason', async () => {
    const controller = new AbortController()
    const log: string[] = []
    function* main(): Coroutine<void> {
      try {
        queueMicrotask(() => controller.abort(new Error('the user left')))
        yield* sleep(60_000)
      } finally {
        yield* sleep(1)
        log.push('clean')
      }
    }
    await expect(run(main(), { signal: controller.signal })).rejects.toThrow('the user left')
    expect([log, listeners(controller.signal)]).toEqual([['clean'], 0])
  })

  it('runs nothing when it has aborted before', async () => {
    let begun = false
    function* main(): Coroutine<void> {
      begun = true
    }
    await expect(run(main(), { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/)
    expect(begun).toBe(false)
  })

  it('returns the result of a main Task that continued anyway', async () => {
    const controller = new AbortController()
    function* main(): Coroutine<string> {
      queueMicrotask(() => controller.abort())
      try {
        yield* sleep(60_000)
      } catch {
        return 'went on'
      }
      return 'not reached'
    }
    expect(await run(main(), { signal: controller.signal })).toBe('went on')
  })

  it('rejects with another error of the main Task, and leaves no listener', async () => {
    const { signal } = new AbortController()
    function* main(): Coroutine<void> {
      throw new Error('mine')
    }
    await expect(run(main(), { signal })).rejects.toThrow('mine')
    expect(listeners(signal)).toBe(0)
  })
})

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}
