import type { EventLoop } from '../event-loop.ts'
import type { Awaitable } from '../futures/awaitable.ts'
import { runBlocking, runUntilCompleteBlocking } from './blocking.ts'
import type { HostDriver } from './host.ts'
import { VirtualTime } from './virtual-time.ts'

/**
 * The ways in which a loop can wait, but for the one that `run()` needs: `newEventLoop()` gives them to its loops, so a
 * page that has none of these holds nothing of them.
 */
export interface Drivers {
  runBlocking(loop: EventLoop): void
  runUntilCompleteBlocking<T>(loop: EventLoop, awaitable: Awaitable<T>): T
  virtualTime(run: HostDriver): VirtualTime
}

export const allDrivers: Drivers = { runBlocking, runUntilCompleteBlocking, virtualTime: (run) => new VirtualTime(run) }
