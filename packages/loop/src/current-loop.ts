import { RuntimeError } from './errors.ts'
import type { EventLoop } from './event-loop.ts'
import { threadState } from './thread-state.ts'

/**
 * The loop whose callback or Task is running at this moment.
 * asyncio: `get_running_loop`.
 * @throws RuntimeError if there is none: plain code, promise callbacks and the like do not run inside a loop
 */
export function getRunningLoop(): EventLoop {
  if (threadState.runningLoop === undefined) throw new RuntimeError('no running event loop')
  return threadState.runningLoop
}

/**
 * Sets the loop that `getEventLoop()` gives in plain code; undefined: none.
 * asyncio: `set_event_loop`.
 */
export function setEventLoop(loop: EventLoop | undefined): void {
  threadState.setLoop = loop
}

/**
 * The running loop, else the one that was set.
 * @throws RuntimeError if there is neither
 */
export function currentLoop(): EventLoop {
  const loop = threadState.runningLoop ?? threadState.setLoop
  if (loop === undefined)
    throw new RuntimeError('There is no current event loop. Call this inside run(), or setEventLoop() first')
  return loop
}
