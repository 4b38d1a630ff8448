import { blockedPromiseError, insideBlockingError } from '../errors/blocked-promise.ts'
import type { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../event-loop.ts'
import type { AwaitableSource } from '../futures/awaitable.ts'
import type { Future } from '../futures/future.ts'
import { runBlocking, runUntilCompleteBlocking } from './blocking.ts'
import type { HostDriver } from './host.ts'
import { VirtualTime } from './virtual-time.ts'

/**
 * Drivers other than the host, which is all that `run()` needs. `newEventLoop()` passes them to its loops, so that a
 * page that never calls it does not contain them.
 */
export interface Drivers {
  runBlocking(loop: EventLoop): void
  runUntilCompleteBlocking<T>(loop: EventLoop, awaitable: AwaitableSource<T>): T
  virtualTime(run: HostDriver): VirtualTime
  blockedPromiseError(): RuntimeError
  insideBlockingError(caller: string): RuntimeError
  /** Makes a Future of any other awaitable, or of a promise. Set by `@spindle/task`. */
  ensureFuture?(awaitable: AwaitableSource<unknown>, loop: EventLoop): Future
}

export const driversWithoutTasks: Drivers = {
  runBlocking,
  runUntilCompleteBlocking,
  virtualTime: (run) => new VirtualTime(run),
  blockedPromiseError,
  insideBlockingError,
}
