import { Context, type Coroutine, getRunningLoop, RuntimeError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { allTasks, currentTask } from './current-task.ts'
import { createEagerTaskFactory, eagerTaskFactory } from './eager-task-factory.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import { Task } from './task-class.ts'

describe('eagerTaskFactory', () => {
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

  it(
    'passes on the name, and numbers Tasks that get none',
    eagerly(function* () {
      expect(createTask(answering(), { name: 'named' }).getName()).toBe('named')
      expect(createTask(answering()).getName()).toMatch(/^Task-\d+$/)
    }),
  )

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
  it('refuses what is not a class', () => {
    for (const [TaskClass, printed] of [
      [null, 'null'],
      [{ a: 1 }, '{ a: 1 }'],
      [() => 1, '<function <anonymous>>'],
    ] as const) {
      expect(() => createEagerTaskFactory(TaskClass as never)).toThrow(
        new TypeError(`createEagerTaskFactory() takes a class of Tasks, got ${printed}`),
      )
    }
  })

  it('makes factories that take a loop, a coroutine and options', function* () {
    const make = eagerTaskFactory as (...args: unknown[]) => unknown
    const refusal = (got: string): TypeError =>
      new TypeError(`a task factory takes a loop, a coroutine and options, got ${got}`)
    expect(() => make()).toThrow(refusal('undefined as the loop'))
    expect(() => make(3, answering(), {})).toThrow(refusal('3 as the loop'))
    expect(() => make(getRunningLoop(), answering())).toThrow(refusal('undefined as the options'))
    expect(() => make(getRunningLoop(), answering(), null)).toThrow(refusal('null as the options'))
  })

  it('makes Tasks of a given class', function* () {
    class OurTask<T> extends Task<T> {}
    getRunningLoop().setTaskFactory(createEagerTaskFactory(OurTask))
    const task = createTask(answering(), { name: 'ours' })
    expect({ isOurTask: task instanceof OurTask, done: task.done(), name: task.getName() }).toEqual({
      isOurTask: true,
      done: true,
      name: 'ours',
    })
  })
})

function eagerly(test: () => Coroutine<void>): () => Coroutine<void> {
  return function* () {
    getRunningLoop().setTaskFactory(eagerTaskFactory)
    yield* test()
  }
}

function* answering(): Coroutine<number> {
  return 42
}

describe('an eager Task', () => {
  it('is refused in a context that is entered already, and leaves nothing behind', function* () {
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
  })
})
