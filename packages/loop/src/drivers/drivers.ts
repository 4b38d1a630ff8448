import { blockedPromiseError, insideBlockingError } from '../errors/blocked-promise.ts'
import type { Drivers } from '../face/loop-parts.ts'
import { runBlocking, runUntilCompleteBlocking } from './blocking.ts'
import { VirtualTime } from './virtual-time.ts'

/** A page that makes no loop but those of `run()` does not contain them. */
export const driversWithoutTasks: Drivers = {
  runBlocking,
  runUntilCompleteBlocking,
  virtualTime: (run) => new VirtualTime(run),
  blockedPromiseError,
  insideBlockingError,
}
