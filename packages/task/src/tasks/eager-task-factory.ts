import type { Coroutine, CreateTaskOptions, EventLoop, Task, TaskFactory } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { HostTask } from './host-task.ts'
import type { TaskOptions } from './task.ts'

/**
 * A task factory whose Tasks take their first step at once, inside `createTask`. A Task that need not wait is done when
 * `createTask` returns, and never enters the loop. That changes the order of events. `createTask(…, { eagerStart: false
 * })`
 * makes a Task as usual. asyncio: `asyncio.eager_task_factory`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   getRunningLoop().setTaskFactory(eagerTaskFactory)
 *   const cache = new Map([['key', 42]])
 *   function* lookUp(key: string): Coroutine<number> {
 *     return cache.get(key) ?? (yield* sleep(100, 0))
 *   }
 *   console.log(createTask(lookUp('key')).done()) // prints: true
 * }
 * await run(main())
 * ```
 */
export const eagerTaskFactory: TaskFactory = createEagerTaskFactory(HostTask)

/**
 * Makes a task factory like `eagerTaskFactory` for another class. asyncio: `asyncio.create_eager_task_factory`.
 * @param TaskClass takes the same arguments as `Task`
 * @throws TypeError if it is not a class
 */
export function createEagerTaskFactory(
  TaskClass: new (coroutine: Coroutine<unknown>, options: TaskOptions) => Task,
): TaskFactory {
  if (typeof TaskClass?.prototype !== 'object')
    throw new TypeError(`createEagerTaskFactory() takes a class of Tasks, got ${repr(TaskClass)}`)
  return (loop: EventLoop, coroutine: Coroutine<unknown>, options: CreateTaskOptions) => {
    if (typeof loop?.createTask !== 'function') throw argumentError(loop, 'loop')
    if (typeof options !== 'object' || options === null) throw argumentError(options, 'options')
    return new TaskClass(coroutine, { ...options, eagerStart: options.eagerStart ?? true, loop })
  }
}

function argumentError(given: unknown, name: string): TypeError {
  return new TypeError(`a task factory takes a loop, a coroutine and options, got ${repr(given)} as the ${name}`)
}
