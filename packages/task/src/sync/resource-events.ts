// Called only while the running loop has a Probe. The functions are separate because the engine would otherwise not
// inline `queue.put()`, which then takes 9 % longer.

import { ambient, type ResourceAction } from '@spindle/loop/internal'
import type { LoopBound } from './loop-bound.ts'
import type { Waiters } from './waiters.ts'

/** Reports an operation of a lock, a semaphore or a queue to the Probes of the running loop. */
export function emitResource(resource: LoopBound, action: ResourceAction, value: number): void {
  ambient.runningLoop?.probe?.resource?.(resource, action, value, undefined)
}

/** Called before the first of `waiters` is picked, because that waiter receives the released object. */
export function emitReleased(resource: LoopBound, value: number, waiters: Waiters): void {
  const to = waiters.nextTask
  ambient.runningLoop?.probe?.resource?.(resource, to === undefined ? 'released' : 'handed-on', value, to)
}
