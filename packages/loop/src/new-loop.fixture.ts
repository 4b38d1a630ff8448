import { BaseEventLoop, type EventLoopOptions, NO_PARTS } from './base-event-loop.ts'
import { driversWithoutTasks } from './drivers/drivers.ts'
import { toolsWithoutTasks } from './explain/tools-without-tasks.ts'
import type { EventLoop } from './face/event-loop.ts'

/** A loop that can wait in each way, without Tasks, of which this package knows nothing. */
export function newLoop(options: EventLoopOptions = {}): EventLoop {
  const parts = { ...NO_PARTS, drivers: driversWithoutTasks, tools: toolsWithoutTasks }
  return new BaseEventLoop({ ...options, parts })
}
