import type { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../event-loop.ts'
import type { Awaitable } from '../futures/awaitable.ts'
import type { Future } from '../futures/future.ts'
import { blockedPromiseError, insideBlockingError } from './blocked-promise.ts'
import { runBlocking, runUntilCompleteBlocking } from './blocking.ts'
import type { HostDriver } from './host.ts'
import { VirtualTime } from './virtual-time.ts'

/**
 * What a loop can do beside running a Task, driven by the host, which is all that `run()` needs: `newEventLoop()` gives
 * it to its loops, so a page that does not make one holds nothing of it.
 */
export interface Drivers {
  runBlocking(loop: EventLoop): void
  runUntilCompleteBlocking<T>(loop: EventLoop, awaitable: Awaitable<T>): T
  virtualTime(run: HostDriver): VirtualTime
  blockedPromiseError(): RuntimeError
  insideBlockingError(caller: string): RuntimeError
  /** What `@spindle/task` makes of an awaitable or a promise that is no Future. */
  ensureFuture?(awaitable: Awaitable<unknown> | PromiseLike<unknown>, loop: EventLoop): Future
}

export const driversWithoutTasks: Drivers = {
  runBlocking,
  runUntilCompleteBlocking,
  virtualTime: (run) => new VirtualTime(run),
  blockedPromiseError,
  insideBlockingError,
}
