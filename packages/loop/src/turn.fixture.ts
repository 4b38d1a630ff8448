import type { EventLoop } from './event-loop.ts'

/** Runs exactly one iteration. */
export function turn(loop: EventLoop): void {
  loop.stop()
  loop.runForeverSync()
}
