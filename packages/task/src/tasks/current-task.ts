import { type EventLoop, getRunningLoop } from '@spindle/loop'
import type { Task } from './task.ts'

/**
 * The Task that is running in `loop` at this moment; undefined in a callback.
 * asyncio: `asyncio.current_task`.
 * @param loop the running loop if left out
 * @throws RuntimeError if no loop is given and none is running
 */
export function currentTask(loop: EventLoop = getRunningLoop()): Task | undefined {
  return loop.currentTask as Task | undefined // Tasks alone put themselves there
}

/**
 * The Tasks of `loop` that are not done, in the order they were made. asyncio: `asyncio.all_tasks`.
 * @param loop the running loop if left out
 * @throws RuntimeError if no loop is given and none is running
 */
export function allTasks(loop: EventLoop = getRunningLoop()): Set<Task> {
  return new Set(loop.tasks) as Set<Task> // Tasks alone put themselves there
}
