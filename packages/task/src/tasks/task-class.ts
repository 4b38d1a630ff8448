import type { Coroutine, Task as TaskInterface } from '@spindle/loop'
import { Task as TaskClass, type TaskOptions } from './task.ts'

/** See the interface of `@spindle/loop`. */
export type Task<T = unknown> = TaskInterface<T>

/**
 * The constructor of Tasks, for task factories. Other code calls `createTask`.
 * @throws TypeError if it is not a coroutine; RuntimeError if it is already being awaited, or if there is no loop
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const tasks: Task[] = []
 *   getRunningLoop().setTaskFactory((loop, coroutine, options) => {
 *     const task = new Task(coroutine, { ...options, loop })
 *     tasks.push(task)
 *     return task
 *   })
 *   yield* createTask(sleep(10), { name: 'sleeper' })
 *   console.log(tasks.map((task) => task.getName())) // prints: [ 'sleeper' ]
 * }
 * await run(main())
 * ```
 */
export const Task: new <T = unknown>(coroutine: Coroutine<T>, options?: TaskOptions) => Task<T> = TaskClass
