import {
  CancelledError,
  Context,
  ContextVar,
  type Coroutine,
  type Future,
  getRunningLoop,
  RuntimeError,
} from '@spindle/loop'
import { inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { allTasks, currentTask } from './current-task.ts'
import { createEagerTaskFactory, eagerTaskFactory } from './eager-task-factory.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import { Task } from './task-class.ts'

describe('eagerTaskFactory', () => {
  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_eager_task_factory_set
  it('can be set, and creates Tasks as usual while no loop is running', () => {
    const loop = newEventLoop()
    loop.setTaskFactory(eagerTaskFactory)
    expect(loop.getTaskFactory()).toBe(eagerTaskFactory)
    const task = loop.createTask(answering())
    expect({ isTask: task instanceof Task, done: task.done(), result: loop.runUntilCompleteSync(task) }).toEqual({
      isTask: true,
      done: false,
      result: 42,
    })
    loop.close()
  })

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_eager_completion
  it(
    'makes Tasks that are done at once if they need not wait',
    eagerly(function* () {
      const task = createTask(answering())
      expect({ done: task.done(), result: task.result(), task: yield* task }).toEqual({
        done: true,
        result: 42,
        task: 42,
      })
      const failed = createTask(failing())
      expect({ done: failed.done(), exception: failed.exception() }).toEqual({
        done: true,
        exception: new Error('failed'),
      })
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_await_future_during_eager_step
  it(
    'makes Tasks that may wait in their first step for what is done already',
    eagerly(function* () {
      const future = getRunningLoop().createFuture<string>()
      future.setResult('done')
      const task = createTask(awaiting(future))
      expect({ done: task.done(), result: task.result() }).toEqual({ done: true, result: 'done' })
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_block_after_eager_step
  it(
    'makes Tasks that go on as usual after the first wait',
    eagerly(function* () {
      const log: string[] = []
      function* work(): Coroutine<string> {
        log.push('first step')
        yield* sleep(10)
        log.push('second step')
        return 'done'
      }
      const task = createTask(work())
      log.push('created')
      expect([yield* task, log]).toEqual(['done', ['first step', 'created', 'second step']])
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_cancellation_after_eager_completion
  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_cancellation_after_eager_step_blocks
  it(
    'makes Tasks that can be cancelled once they wait, and not once they are done',
    eagerly(function* () {
      expect(createTask(answering()).cancel()).toBe(false)
      const task = createTask(sleep(1000))
      expect({ cancel: task.cancel(), cancelled: task.cancelled() }).toEqual({ cancel: true, cancelled: false })
      expect({ outcome: yield* outcome(task), cancelled: task.cancelled() }).toEqual({
        outcome: expect.any(CancelledError),
        cancelled: true,
      })
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_current_task
  it(
    'has each Task be the current one in its first step, and the one that makes it afterwards',
    eagerly(function* () {
      const outer = currentTask()
      let inner: Task | undefined
      function* work(): Coroutine<void> {
        inner = currentTask()
        yield* sleep(0)
        expect(currentTask()).toBe(inner)
      }
      const task = createTask(work())
      expect({ isSameInner: inner === task, isSameCurrentTask: currentTask() === outer }).toEqual({
        isSameInner: true,
        isSameCurrentTask: true,
      })
      yield* task
      expect(currentTask() === outer).toBe(true)
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_all_tasks_with_eager_completion
  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_all_tasks_with_blocking
  it(
    'has Tasks among all Tasks from their first step on until they are done',
    eagerly(function* () {
      let during = 0
      function* counting(wait: boolean): Coroutine<void> {
        during = allTasks().size
        if (wait) yield* sleep(10)
      }
      createTask(counting(false))
      expect([during, allTasks().size]).toEqual([2, 1])
      const task = createTask(counting(true))
      expect([during, allTasks().size]).toEqual([2, 2])
      yield* task
      expect(allTasks().size).toBe(1)
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_context_vars
  it(
    'gives each Task a context of its own in its first step, too',
    eagerly(function* () {
      const variable = new ContextVar<number>('variable', { defaultValue: 0 })
      function* counting(): Coroutine<void> {
        for (let i = 1; i <= 2; i++) {
          variable.set(variable.get() + 1)
          expect(variable.get()).toBe(i)
          yield* sleep(1)
        }
      }
      const task = createTask(counting())
      expect(variable.get()).toBe(0)
      yield* task
      expect(variable.get()).toBe(0)
    }),
  )

  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_eager_start_false
  // CPython: test_eager_task_factory.DefaultTaskFactoryEagerStart.test_eager_start_true_with_default_factory
  it(
    'leaves it to eagerStart where that is given',
    eagerly(function* () {
      const lazy = createTask(answering(), { eagerStart: false })
      expect({ done: lazy.done(), lazy: yield* lazy }).toEqual({ done: false, lazy: 42 })
      getRunningLoop().setTaskFactory(undefined)
      expect(createTask(answering(), { eagerStart: true }).done()).toBe(true)
      expect(createTask(answering()).done()).toBe(false)
    }),
  )

  // CPython: test_eager_task_factory.CEagerTaskFactoryLoopTests.test_name
  it(
    'passes on the name, and numbers Tasks that get none',
    eagerly(function* () {
      expect(createTask(answering(), { name: 'named' }).getName()).toBe('named')
      expect(createTask(answering()).getName()).toMatch(/^Task-\d+$/)
    }),
  )

  // CPython: test_eager_task_factory.BaseTaskCountingTests.test_awaitables_chain
  // CPython: test_eager_task_factory.BaseTaskCountingTests.test_recursive_taskgroups
  // CPython: test_eager_task_factory.BaseTaskCountingTests.test_recursive_gather
  it(
    'has the loop never hear of a whole tree of Tasks that need not wait',
    eagerly(function* () {
      const loop = getRunningLoop()
      let turns = 0
      loop.events.on('turn', () => turns++)
      function* chain(n: number): Coroutine<number> {
        return n === 0 ? 1 : 1 + (yield* createTask(chain(n - 1)))
      }
      function* gathering(width: number, depth: number): Coroutine<number> {
        if (depth === 0) return 1
        const results = yield* gather(Array.from({ length: width }, () => gathering(width, depth - 1)))
        return results.reduce((sum, result) => sum + result, 0)
      }
      expect(yield* chain(50)).toBe(51)
      expect(yield* gathering(5, 4)).toBe(625)
      expect(turns).toBe(0)

      // A group waits for its Tasks to be told of, and so takes a turn for each level.
      let count = 0
      function* grouping(width: number, depth: number): Coroutine<void> {
        count++
        if (depth === 0) return
        yield* taskGroup(function* (group) {
          for (let i = 0; i < width; i++) group.createTask(grouping(width, depth - 1))
        })
      }
      yield* grouping(5, 4)
      expect(count).toBe(1 + 5 + 25 + 125 + 625)
      loop.events.removeAllListeners()
    }),
  )
})

describe('createEagerTaskFactory', () => {
  it(
    'makes Tasks of a given class',
    inVirtualTime(function* () {
      class OurTask<T> extends Task<T> {}
      getRunningLoop().setTaskFactory(createEagerTaskFactory(OurTask))
      const task = createTask(answering(), { name: 'ours' })
      expect({ isOurTask: task instanceof OurTask, done: task.done(), name: task.getName() }).toEqual({
        isOurTask: true,
        done: true,
        name: 'ours',
      })
    }),
  )
})

function eagerly(test: () => Coroutine<void>): () => Promise<void> {
  return inVirtualTime(function* () {
    getRunningLoop().setTaskFactory(eagerTaskFactory)
    yield* test()
  })
}

function* answering(): Coroutine<number> {
  return 42
}

function* failing(): Coroutine<void> {
  throw new Error('failed')
}

function* awaiting<T>(future: Future<T>): Coroutine<T> {
  return yield* future
}

describe('an eager Task', () => {
  it(
    'is refused in a context that is entered already, and leaves nothing behind',
    inVirtualTime(function* () {
      const message = 'cannot enter context: it is already entered'
      const own = currentTask()?.getContext()
      const eager = (context: Context | undefined) => createTask(sleep(1), { eagerStart: true, context })
      const before = allTasks().size
      expect(() => eager(own)).toThrow(new RuntimeError(message))
      const other = new Context()
      expect(() => other.run(() => eager(other))).toThrow(message)
      // Not the current one, but one further out.
      createTask(
        (function* (): Coroutine<void> {
          expect(() => eager(own)).toThrow(message)
        })(),
        { eagerStart: true, context: other },
      )
      expect(allTasks().size).toBe(before)
      yield* eager(other)
      yield* createTask(sleep(1), { eagerStart: true }) // a copy, as ever
      yield* createTask(sleep(1), { context: own }) // not eager: it is entered when it runs
    }),
  )
})
