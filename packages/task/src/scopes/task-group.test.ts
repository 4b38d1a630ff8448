import {
  CancelledError,
  ContextVar,
  type Coroutine,
  copyContext,
  ExceptionGroup,
  getRunningLoop,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { thrown } from '../outcome.fixture.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { TaskGroup, taskGroup } from './task-group.ts'
import { timeout } from './timeout.ts'

// CPython runs all of its tests with lazy and with eager Tasks.
describe.each([
  { kind: 'lazy', eagerStart: false },
  { kind: 'eager', eagerStart: true },
])('taskGroup with $kind Tasks', ({ eagerStart }) => {
  it('takes a plain function that only starts Tasks, and coroutine functions as well as coroutines', function* () {
    const log: string[] = []
    const result = yield* taskGroup((group) => {
      group.createTask(
        function* () {
          yield* sleep(20)
          log.push('of a function')
        },
        { eagerStart },
      )
      group.createTask(sleep(10), { eagerStart }).addDoneCallback(() => log.push('of a coroutine'))
    })
    expect({ log, result, time: now() }).toEqual({
      log: ['of a coroutine', 'of a function'],
      result: undefined,
      time: 20,
    })
  })

  it('throws the group if a Task fails while the block makes up its mind about being cancelled', function* () {
    const nested = taskGroup(function* (group) {
      group.createTask(failing(300, 'child'), { eagerStart })
      try {
        yield* sleep(10_000)
      } finally {
        yield* sleep(500)
      }
    })
    const task = createTask(
      (function* () {
        yield* createTask(nested)
      })(),
    )
    yield* sleep(100)
    task.cancel()
    expect([outline(yield* thrown(task)), now()]).toEqual([['child'], 300])
  })

  it('throws the error with which the block replaces its cancellation, and cancels the Task at its next wait', function* () {
    const log: unknown[] = []
    const task = createTask(
      (function* () {
        log.push(
          outline(
            yield* thrown(
              taskGroup(function* () {
                try {
                  yield* sleep(1000)
                } catch {
                  throw new Error('instead')
                }
              }),
            ),
          ),
          currentTask()?.cancelling(),
        )
        yield* sleep(1000)
      })(),
    )
    yield* sleep(100)
    task.cancel()
    expect([yield* thrown(task), log]).toEqual([expect.any(CancelledError), [['instead'], 1]])
  })

  it('throws a KeyboardInterrupt of the block, and reports the other errors', function* () {
    const reports: unknown[] = []
    getRunningLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(message, String(exception)))
    const interrupt = new KeyboardInterrupt()
    const block = taskGroup(function* (group) {
      group.createTask(failing(100, 'child'), { eagerStart })
      try {
        yield* sleep(1000)
      } catch {
        throw interrupt
      }
    })
    expect(yield* thrown(block)).toBe(interrupt)
    expect(reports).toEqual([
      'TaskGroup task exception was not propagated because of a KeyboardInterrupt',
      'Error: child',
    ])
  })

  it('lets go of each Task when it is done', function* () {
    yield* taskGroup(function* (group) {
      const counts: string[] = []
      for (let i = 0; i < 10; i++) {
        yield* sleep(10)
        group.createTask(sleep(25), { eagerStart })
        counts.push(`${group}`)
      }
      expect(counts.slice(0, 4)).toEqual([1, 2, 3, 3].map((n) => `<TaskGroup tasks=${n} entered>`))
      yield* sleep(100)
      expect(`${group}`).toBe('<TaskGroup entered>')
    })
  })

  it('gives its Tasks the name and the context that are asked for', function* () {
    const variable = new ContextVar<number>('variable')
    const context = copyContext()
    function* setting(value: number): Coroutine<string | undefined> {
      const name = currentTask()?.getName()
      yield* sleep(0)
      variable.set(value)
      return name
    }
    yield* taskGroup(function* (group) {
      const first = group.createTask(setting(1), { name: 'yolo', context, eagerStart })
      expect([yield* first, first.getName(), context.get(variable)]).toEqual(['yolo', 'yolo', 1])
      yield* group.createTask(setting(2), { context, eagerStart })
      expect([context.get(variable), variable.get(0)]).toEqual([2, 0])
    })
  })

  it(
    'takes no further Tasks once one has failed',
    function* () {
      let refused: unknown
      function* late(group: TaskGroup): Coroutine<void> {
        try {
          yield* sleep(1000)
        } catch {
          try {
            group.createTask(sleep(1), { eagerStart })
          } catch (error) {
            refused = error
          }
        }
      }
      const error = yield* thrown(
        taskGroup(function* (group) {
          group.createTask(failing(1, 'child'), { eagerStart })
          group.createTask(late(group), { eagerStart })
        }),
      )
      expect(outline(error)).toEqual(['child'])
      expect(refused).toEqual(new RuntimeError('TaskGroup <TaskGroup tasks=1 errors=1 cancelling> is shutting down'))
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('takes back its own request only when a group around it has failed in the same turn', function* () {
    const log: unknown[] = []
    const error = yield* thrown(
      taskGroup(function* (outer) {
        const inside = yield* thrown(
          taskGroup(function* (inner) {
            inner.createTask(failing(0, 'inner'), { eagerStart })
            outer.createTask(failing(0, 'outer'), { eagerStart })
          }),
        )
        log.push(outline(inside), currentTask()?.cancelling())
      }),
    )
    log.push(outline(error), currentTask()?.cancelling())
    expect(log).toEqual([['inner'], 1, ['outer'], 0])
  })

  it('cancels a Task that is being created while its own child fails', function* () {
    const log: string[] = []
    const error = yield* thrown(
      taskGroup(function* (group) {
        function* second(): Coroutine<void> {
          group.createTask(failing(undefined, 'third'), { eagerStart })
          yield* ending(log, 'second', 1000)
        }
        group.createTask(second(), { eagerStart })
      }),
    )
    expect([outline(error), log, now()]).toEqual([['third'], ['second'], 0])
  })

  // gh-155418
  it('ends when a Task cancels it before it has waited for anything', function* () {
    let task: Task | undefined
    yield* taskGroup(function* (group) {
      function* cancelling(): Coroutine<void> {
        group.cancel()
        yield* sleep(1000)
      }
      task = group.createTask(cancelling(), { eagerStart })
    })
    expect({ cancelled: task?.cancelled(), now: now(), cancelling: currentTask()?.cancelling() }).toEqual({
      cancelled: true,
      now: 0,
      cancelling: 0,
    })
  })

  it('waits for all its Tasks and loses no error wherever it is cancelled while one fails', async () => {
    await explore(
      function* () {
        yield* taskGroup(function* (group) {
          group.createTask(sleep(100), { eagerStart })
          group.createTask(failing(5, 'child'), { eagerStart })
          yield* sleep(10)
        })
      },
      {
        cancel: 'main',
        times: 'written',
        *check({ task, left }) {
          expect(left).toEqual([])
          if (!task.cancelled()) expect(outline(task.exception())).toEqual(['child'])
        },
      },
    )
  })
})

describe('TaskGroup', () => {
  it('takes Tasks only while it runs, and closes the coroutine it refuses', function* () {
    const group = yield* taskGroup(function* (inner) {
      return inner
    })
    const late = sleeping()
    expect(() => group.createTask(late)).toThrow(new RuntimeError('TaskGroup <TaskGroup entered> is finished'))
    expect(late.next().done).toBe(true)
    expect(() => group.createTask(undefined as never)).toThrow('TaskGroup <TaskGroup entered> is finished')
  })

  it("has no constructor for users: an error names the block, for whoever writes Python's `TaskGroup()`", () => {
    expect(() => Reflect.construct(TaskGroup, [])).toThrow(
      'TaskGroup is the argument of a block: write `yield* taskGroup(function* (group) { … })`',
    )
  })

  it('has to be used inside a Task', function* () {
    const called = getRunningLoop().createFuture<void>()
    getRunningLoop().callSoon(() => {
      expect(() => taskGroup(() => sleep(1)).next()).toThrow(
        new RuntimeError('TaskGroup <TaskGroup> cannot determine the parent task'),
      )
      called.setResult()
    })
    yield* called
  })

  it('lets go of its errors when it has ended', function* () {
    let group: TaskGroup | undefined
    yield* thrown(
      taskGroup(function* (inner) {
        group = inner
        throw new Error('block')
      }),
    )
    expect(`${group}`).toBe('<TaskGroup cancelling>')
  })

  it('is cancelled by cancel() without an exception', function* () {
    const log: string[] = []
    let ended: TaskGroup | undefined
    const result = yield* taskGroup(function* (group) {
      ended = group
      group.createTask(ending(log, 'child', 1000))
      yield* sleep(10)
      group.cancel()
      group.cancel() // once more does no harm
      expect(() => group.createTask(sleeping())).toThrow('<TaskGroup tasks=1 cancelling> is shutting down')
      yield* ending(log, 'block', 1000)
      return 'not reached'
    })
    ended?.cancel()
    yield* sleep(5)
    expect([result, log, now(), currentTask()?.cancelling()]).toEqual([undefined, ['child', 'block'], 15, 0])
  })

  it('returns the result of the block if cancel() comes while it waits for the Tasks', function* () {
    const result = yield* taskGroup(function* (group) {
      getRunningLoop().callLater(10, () => group.cancel())
      group.createTask(sleep(1000))
      return 'returned'
    })
    expect([result, now()]).toEqual(['returned', 10])
  })

  it('throws what its Tasks make of cancel()', function* () {
    function* failsToClean(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch {
        throw new Error('clean-up failed')
      }
    }
    const error = yield* thrown(
      taskGroup(function* (group) {
        group.createTask(failsToClean())
        yield* sleep(1)
        group.cancel()
      }),
    )
    expect([outline(error), currentTask()?.cancelling()]).toEqual([['clean-up failed'], 0])
  })

  // gh-155433
  it('ends as usual after cancel() in the clean-up of a Task that was cancelled', function* () {
    const log: unknown[] = []
    const task = createTask(
      (function* (): Coroutine<void> {
        try {
          yield* sleep(1000)
        } finally {
          yield* taskGroup(function* (group) {
            group.createTask(sleep(1000))
            yield* sleep(1)
            group.cancel()
          })
          yield* sleep(1)
          log.push(now(), currentTask()?.cancelling())
        }
      })(),
    )
    yield* sleep(10)
    task.cancel()
    yield* thrown(task)
    expect({ log, cancelled: task.cancelled() }).toEqual({ log: [12, 1], cancelled: true })
  })

  it('does not swallow a cancellation that was on its way when it was entered and cancelled', function* () {
    const task = createTask(
      (function* (): Coroutine<void> {
        currentTask()?.cancel('before')
        yield* taskGroup(function* (group) {
          group.cancel()
          yield* sleep(1)
        })
      })(),
    )
    yield* thrown(task)
    expect({ cancelled: task.cancelled(), cancelling: task.cancelling() }).toEqual({ cancelled: true, cancelling: 1 })
  })

  it('does not swallow the timeout around it after cancel()', function* () {
    function* slowToClean(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(100)
      }
    }
    const error = yield* thrown(
      timeout(50, () =>
        taskGroup(function* (group) {
          group.createTask(slowToClean())
          yield* sleep(10)
          group.cancel()
        }),
      ),
    )
    expect([error, now(), currentTask()?.cancelling()]).toEqual([expect.any(TimeoutError), 110, 0])
  })

  it('passes on the message of a cancellation from outside that comes after cancel()', function* () {
    function* slowToClean(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(100)
      }
    }
    const task = createTask(
      taskGroup(function* (group) {
        group.createTask(slowToClean())
        yield* sleep(10)
        group.cancel()
      }),
    )
    yield* sleep(50)
    task.cancel('from outside')
    expect([String(yield* thrown(task)), now()]).toEqual(['CancelledError: from outside', 110])
  })

  it('throws the error of its block although a cancellation comes after cancel(), and delivers that again', function* () {
    const log: string[] = []
    function* slowToClean(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(100)
      }
    }
    const task = createTask(function* () {
      const error = yield* thrown(
        taskGroup(function* (group) {
          group.createTask(slowToClean())
          yield* sleep(10)
          group.cancel()
          try {
            yield* sleep(1000)
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
            throw new Error('clean-up')
          }
        }),
      )
      log.push(`${JSON.stringify(outline(error))} at ${now()}`)
      yield* sleep(0)
    })
    yield* sleep(50)
    task.cancel('from outside')
    log.push(`${yield* thrown(task)} at ${now()}`)
    expect(log).toEqual(['["clean-up"] at 110', 'CancelledError at 110'])
  })

  it('cancels ten thousand Tasks as fast as it started them', function* () {
    let cancelled = 0
    const error = yield* thrown(
      taskGroup(function* (group) {
        for (let i = 0; i < 10_000; i++) {
          group.createTask(
            (function* () {
              try {
                yield* sleep(1000)
              } finally {
                cancelled++
              }
            })(),
          )
        }
        yield* sleep(1)
        throw new Error('block')
      }),
    )
    expect([outline(error), cancelled]).toEqual([['block'], 10_000])
  })

  it('refuses a value that is not a block', function* () {
    expect(() => taskGroup(5 as never)).toThrow(
      new TypeError('taskGroup() takes a block, got 5. Write `function* () { … }`, with the star'),
    )
    const error = yield* thrown(taskGroup((async () => {}) as never))
    expect(outline(error)).toEqual([
      expect.stringContaining('taskGroup() expected its block to return an awaitable, got <Promise>'),
    ])
  })
})

function* sleeping(): Coroutine<void> {
  yield* sleep(1)
}

function* failing(delay: number | undefined, message: string): Coroutine<void> {
  if (delay !== undefined) yield* sleep(delay)
  throw new Error(message)
}

function* ending(log: string[], name: string, delay: number): Coroutine<void> {
  try {
    yield* sleep(delay)
  } finally {
    log.push(name)
  }
}

function outline(error: unknown): unknown {
  return error instanceof ExceptionGroup ? error.exceptions.map(outline) : (error as Error).message
}

describe('group.cancel() in a Task that was cancelled before', () => {
  it('does not lose a cancel that comes while the group waits, though one was taken back inside', function* () {
    const log: unknown[] = []
    const task: Task<void> = createTask(
      (function* (): Coroutine<void> {
        try {
          yield* sleep(1000)
        } catch {
          log.push(currentTask()?.cancelling())
        }
        yield* taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000)
            } finally {
              yield* sleep(10) // while which the second cancel comes
            }
          })
          yield* sleep(1)
          log.push(currentTask()?.uncancel())
          group.cancel()
          yield* sleep(1)
        })
        log.push('went on')
      })(),
    )
    yield* sleep(1)
    task.cancel('first')
    yield* sleep(5)
    task.cancel('second')
    yield* wait([task])
    expect({ log, cancelled: task.cancelled() }).toEqual({ log: [1, 0], cancelled: true })
  })
})
