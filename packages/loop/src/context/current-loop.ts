import { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import { repr } from '../inspect/repr.ts'
import { ambient } from './ambient-state.ts'

const NO_RUNNING_LOOP =
  'no running event loop. In a listener, a timer or an async function, getHostLoop().createTask(…) starts a Task'

/**
 * The loop whose callback or Task is running at this moment.
 * asyncio: `get_running_loop`.
 * @throws RuntimeError if there is none: plain code, promise callbacks and the like do not run inside a loop
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   getRunningLoop().callLater(10, console.log, 'later') // prints: later
 *   yield* sleep(20)
 * }
 * await run(main())
 * ```
 */
export function getRunningLoop(): EventLoop {
  if (ambient.runningLoop === undefined) throw new RuntimeError(NO_RUNNING_LOOP)
  return ambient.runningLoop
}

/**
 * Sets the loop that `getEventLoop()` returns in plain code; undefined: none.
 * asyncio: `set_event_loop`.
 * @param loop the loop that `getEventLoop()` returns from now on; undefined for none
 * @throws TypeError if it is not a loop
 */
export function setEventLoop(loop: EventLoop | undefined): void {
  // Checks a method rather than the class: the loop may belong to another copy of this package.
  if (loop !== undefined && typeof loop?.callSoon !== 'function') {
    throw new TypeError(`loop must be an EventLoop or undefined, got ${repr(loop)}`)
  }
  ambient.defaultLoop = loop
}

/**
 * Returns the running loop, otherwise the loop set by `setEventLoop`.
 * @throws RuntimeError if there is neither
 */
export function currentLoop(): EventLoop {
  const loop = ambient.runningLoop ?? ambient.defaultLoop
  if (loop === undefined)
    throw new RuntimeError(
      'There is no current event loop. Call this in a coroutine, as in run(function* () { … }), or use getHostLoop().createTask(…)',
    )
  return loop
}
