import { type EventLoop, getRunningLoop, type Task } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import type { Task as TaskClass } from './task.ts'

/** The options of `currentTask` and `allTasks`. */
export interface LoopOption {
  /** @default the running loop */
  readonly loop?: EventLoop | undefined
}

/**
 * Returns the Task that is running now; undefined in a callback. asyncio: `asyncio.current_task`.
 * @param options `loop`: the running one by default
 * @throws RuntimeError without a loop and outside of loops
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   console.log(currentTask()?.getName(), allTasks().size) // prints: Task-1 1
 * }
 * await run(main())
 * ```
 */
export function currentTask(options?: LoopOption): Task | undefined {
  checkOptions('currentTask()', options, ['loop'])
  return (options?.loop ?? getRunningLoop()).currentTask
}

/**
 * Returns the Tasks that are not done, in the order they were created. asyncio: `asyncio.all_tasks`.
 *
 * Also called: list of running tasks.
 * @param options `loop`: the running one by default
 * @throws RuntimeError without a loop and outside of loops
 */
export function allTasks(options?: LoopOption): Set<Task> {
  checkOptions('allTasks()', options, ['loop'])
  return new Set((options?.loop ?? getRunningLoop()).tasks)
}

export function runningTask(): TaskClass | undefined {
  return getRunningLoop().currentTask as TaskClass | undefined // only Tasks set it
}
