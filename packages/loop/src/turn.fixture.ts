import type { EventLoop } from './face/event-loop.ts'

/** Runs exactly one iteration. */
export function turn(loop: EventLoop): void {
  loop.stop()
  loop.runForeverSync()
}
