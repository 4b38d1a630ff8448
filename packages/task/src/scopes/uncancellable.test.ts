import {
  CancelledError,
  type Coroutine,
  ExceptionGroup,
  type Future,
  getRunningLoop,
  TimeoutError,
} from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { type TaskGroup, taskGroup } from './task-group.ts'
import { moveOnAfter, timeout } from './timeout.ts'
import { uncancellable } from './uncancellable.ts'

describe('uncancellable', () => {
  it('with a limit leaves nothing with its loop when it has ended', function* () {
    yield* uncancellable(() => sleep(1), { timeout: 10 })
    yield* outcome(uncancellable(() => sleep(20), { timeout: 10 }))
    expect({ left: getRunningLoop().graces.size }).toEqual({ left: 0 })
  })

  it('returns the result of the block', function* () {
    expect(yield* uncancellable(() => sleep(10, 'done'))).toBe('done')
  })

  it('runs the block in the same Task to its end, returns its result, and throws the cancellation at the next await', function* () {
    const log: unknown[] = []
    const task: Task<void> = createTask(
      (function* () {
        log.push(
          yield* outcome(
            uncancellable(function* () {
              log.push(currentTask()?.getName())
              yield* sleep(10)
              yield* createTask(sleep(10))
              log.push(`end of the block ${now()}`, task.cancelling())
              return 'kept'
            }),
          ),
          yield* outcome(sleep(10)),
        )
      })(),
    )
    yield* sleep(5)
    task.cancel('stop')
    yield* sleep(10)
    task.cancel('stop at once')
    yield* task
    expect(log.map(String)).toEqual([
      task.getName(),
      'end of the block 20',
      '2',
      'kept',
      'CancelledError: stop at once',
    ])
  })

  it('does not cancel the awaitable of the block, nor a Task', function* () {
    const inner = createTask(sleep(10, 'inner'))
    const task = createTask(uncancellable(() => gather([inner, sleep(20, 'child')])))
    yield* sleep(5)
    task.cancel()
    expect({ result: yield* task, requests: task.cancelling(), now: now() }).toEqual({
      result: ['inner', 'child'],
      requests: 1,
      now: 20,
    })
  })

  it('holds back a cancellation that had not arrived when it began', function* () {
    const log: string[] = []
    const task = createTask(
      (function* () {
        currentTask()?.cancel('before')
        yield* uncancellable(function* () {
          yield* sleep(10)
          log.push('end of the block')
        })
        yield* sleep(10)
        log.push('not reached')
      })(),
    )
    expect([String(yield* outcome(task)), log]).toEqual(['CancelledError: before', ['end of the block']])
  })

  it('throws the error of the block, and the cancellation at the next wait', function* () {
    const log: string[] = []
    const task = createTask(
      (function* () {
        const error = yield* outcome(
          uncancellable(function* () {
            yield* sleep(10)
            throw new Error('block')
          }),
        )
        log.push(String(error))
        yield* sleep(10)
        log.push('not reached')
      })(),
    )
    yield* sleep(5)
    task.cancel()
    expect([yield* outcome(task), log, now()]).toEqual([expect.any(CancelledError), ['Error: block'], 10])
  })

  it('cancels the block when it times out, and throws a TimeoutError', function* () {
    const block = (): Coroutine<void> => sleep(1000)
    expect([yield* outcome(uncancellable(block, { timeout: 10 })), now()]).toEqual([expect.any(TimeoutError), 10])
    expect(yield* uncancellable(() => sleep(5, 'in time'), { timeout: 10 })).toBe('in time')

    const log: unknown[] = []
    const task = createTask(
      (function* () {
        log.push(yield* outcome(uncancellable(block, { timeout: 10 })), currentTask()?.cancelling())
        yield* sleep(1000)
      })(),
    )
    yield* sleep(5)
    task.cancel() // held back while the time runs out, and still a TimeoutError
    expect([yield* outcome(task), log, now()]).toEqual([expect.any(CancelledError), [expect.any(TimeoutError), 1], 25])
  })

  it('lets timeouts and groups inside of the block work, while a cancellation is held back', function* () {
    const log: unknown[] = []
    function* failing(): Coroutine<void> {
      yield* sleep(1)
      throw new Error('child')
    }
    const task = createTask(
      uncancellable(function* () {
        yield* sleep(10)
        log.push(yield* outcome(timeout(10, () => sleep(1000))), now())
        const error = yield* outcome(
          taskGroup(function* (group) {
            group.createTask(failing())
            yield* sleep(1000)
          }),
        )
        log.push((error as ExceptionGroup).exceptions, now())
        const last = yield* outcome(
          taskGroup(function* (group) {
            group.createTask(failing())
            currentTask() // the block ends before its cancellation arrives
          }),
        )
        log.push(last instanceof ExceptionGroup)
        yield* sleep(10)
        log.push(now())
      }),
    )
    yield* sleep(5)
    task.cancel('outside')
    yield* task
    expect(task.cancelling()).toBe(1)
    expect(log).toEqual([expect.any(TimeoutError), 20, [new Error('child')], 21, true, 32])
  })

  it('holds back a timeout around it, which returns late, or throws at an await after the block', function* () {
    const late = yield* timeout(10, () => uncancellable(() => sleep(50, 'kept')))
    expect([late, now(), currentTask()?.cancelling()]).toEqual(['kept', 50, 0])
    const error = yield* outcome(
      timeout(10, function* () {
        yield* uncancellable(() => sleep(50))
        yield* sleep(50)
      }),
    )
    expect([error, now(), currentTask()?.cancelling()]).toEqual([expect.any(TimeoutError), 100, 0])
    yield* sleep(10)
  })

  it('can stand inside of another one, with a timeout between the two', function* () {
    const log: unknown[] = []
    const task = createTask(
      uncancellable(function* () {
        log.push(yield* timeout(10, () => uncancellable(() => sleep(20, 'kept'))), now())
        yield* sleep(20)
        log.push(now())
      }),
    )
    yield* sleep(5)
    task.cancel()
    yield* task
    expect(task.cancelling()).toBe(1)
    expect(log).toEqual(['kept', 20, 40])
  })

  it('does not leave the request of a timeout around it to the clean-up of a Task that was cancelled before', function* () {
    const log: string[] = []
    const task = createTask(function* () {
      try {
        yield* sleep(1000)
      } finally {
        log.push(yield* timeout(10, () => uncancellable(() => sleep(50, 'first step'))))
        yield* sleep(10)
        log.push('second step')
      }
    })
    yield* sleep(5)
    task.cancel()
    yield* wait([task])
    expect(log).toEqual(['first step', 'second step'])
  })

  it('delivers no request that was retracted during the block', function* () {
    const task = createTask(uncancellable(() => sleep(10, 'done')))
    yield* sleep(5)
    task.cancel()
    task.uncancel()
    expect([yield* task, task.cancelling()]).toEqual(['done', 0])
  })

  it('always runs its block to the end once the block has begun, wherever it is cancelled', async () => {
    let [entered, begun, ended] = [0, 0, 0]
    await explore(
      function* () {
        entered = 1
        try {
          yield* sleep(5)
        } finally {
          yield* uncancellable(function* () {
            begun++
            yield* sleep(5)
            yield* createTask(sleep(5))
            ended++
          })
        }
        yield* sleep(1)
      },
      {
        cancel: 'main',
        times: 'written',
        setup() {
          entered = begun = ended = 0
        },
        check: ({ task, cancelled, left }) => {
          expect([begun, ended, left]).toEqual([entered, entered, []])
          expect([task.cancelled(), task.cancelling()]).toEqual(cancelled.length === 0 ? [false, 0] : [true, 1])
        },
      },
    )
  })

  it('refuses an invalid block and an invalid time', () => {
    expect(() => uncancellable(5 as never)).toThrow(TypeError)
    expect(() => uncancellable(() => sleep(1), { timeout: Number.NaN })).toThrow(RangeError)
  })
})

describe('cancelledBy', () => {
  it('tells who cancelled a Task, by way of whom, and with what message, and so does the printed Task', function* () {
    currentTask()?.setName('main')
    const inner = createTask(sleep(1000), { name: 'inner' })
    const outer = createTask(waiting(inner), { name: 'outer' })
    yield* sleep(0)
    expect([outer.cancelledBy(), String(outer)]).toEqual([undefined, expect.not.stringContaining('cancelled_by')])
    outer.cancel('too late')
    expect(outer.cancelledBy()).toEqual({ by: 'main', via: undefined, message: 'too late' })
    expect(inner.cancelledBy()).toEqual({ by: 'main', via: 'outer', message: 'too late' })
    expect(String(outer)).toMatch(/^<Task cancelling name='outer' .* cancelled_by='main' message='too late'>$/)
    yield* wait([outer])
    expect(String(inner)).toMatch(
      /^<Task cancelled name='inner' .* cancelled_by='main' via='outer' message='too late'>$/,
    )
  })

  it('names a timeout and a group', function* () {
    const timedOut = createTask(sleep(1000))
    yield* outcome(timeout(10, () => timedOut))
    expect(timedOut.cancelledBy()).toMatchObject({ by: 'timeout()' })
    let sibling: Task | undefined
    yield* outcome(
      taskGroup(function* (group) {
        sibling = group.createTask(sleep(1000))
        yield* sleep(1)
        throw new Error('block')
      }),
    )
    expect(sibling?.cancelledBy()).toEqual({ by: 'TaskGroup', via: undefined, message: undefined })
  })

  it('names the previous request after a scope has retracted its own', function* () {
    currentTask()?.setName('main')
    const log: unknown[] = []
    const task = createTask(
      (function* (): Coroutine<void> {
        yield* moveOnAfter(1, () => sleep(5))
        log.push(currentTask()?.cancelledBy())
        try {
          yield* sleep(1000)
        } finally {
          // The inner one asks first and ends first; the outer one hides what the inner one had asked for.
          yield* moveOnAfter(2, () => moveOnAfter(1, () => uncancellable(() => sleep(5))))
          log.push(currentTask()?.cancelledBy()?.by)
          yield* outcome(taskGroup((group) => failing(group)))
          log.push(currentTask()?.cancelledBy()?.by)
        }
      })(),
    )
    yield* sleep(5)
    task.cancel('too late')
    yield* wait([task])
    expect(log).toEqual([undefined, 'main', 'main'])
    expect(String(task)).toMatch(/^<Task cancelled .* cancelled_by='main' message='too late'>$/)
  })

  it('names no canceller for plain code, and is not printed of a Task that continued', function* () {
    const task = createTask(sleep(1000))
    getRunningLoop().callLater(5, () => task.cancel())
    yield* wait([task])
    expect(task.cancelledBy()).toEqual({ by: undefined, via: undefined, message: undefined })
    const uncancelled = createTask(sleep(10))
    yield* sleep(0)
    uncancelled.cancel()
    uncancelled.uncancel()
    expect(String(uncancelled)).not.toContain('cancelled_by')
    yield* wait([uncancelled])
  })
})

function* failing(group: TaskGroup): Coroutine<void> {
  group.createTask(
    (function* (): Coroutine<void> {
      throw new Error('child')
    })(),
  )
  yield* sleep(5)
}

function* waiting(future: Future): Coroutine<void> {
  yield* future
}
