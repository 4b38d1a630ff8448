import type { EventLoop } from '../event-loop.ts'
import { queries } from '../inspect/source-location.ts'

/** The time on the loop's clock, without the time in which the engine has looked up places for Spindle's reports. */
export function programTime(loop: EventLoop): number {
  return loop.hasVirtualTime ? loop.time() : loop.time() - queries.time
}
