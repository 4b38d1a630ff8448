import { driversWithoutTasks } from './drivers/drivers.ts'
import { EventLoop, type EventLoopOptions } from './event-loop.ts'
import { toolsWithoutTasks } from './explain/tools-without-tasks.ts'

/** A loop that can wait in each way, without Tasks, of which this package knows nothing. */
export function newLoop(options: EventLoopOptions = {}): EventLoop {
  return new EventLoop({ ...options, drivers: driversWithoutTasks, tools: { use: toolsWithoutTasks } })
}
