import type { EventLoop } from '../face/event-loop.ts'
import { queries } from '../inspect/source-location.ts'

/** The time on the loop's clock, minus the time that Spindle has spent on looking up places for its reports. */
export function programTime(loop: EventLoop): number {
  return loop.hasVirtualTime ? loop.time() : loop.time() - queries.time
}
