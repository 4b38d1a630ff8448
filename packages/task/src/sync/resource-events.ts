// The events of locks, semaphores and queues. These are called only while `ambient.resourceListeners` is not 0.

import type { LoopEventMap, LoopTask } from '@spindle/loop'
import { ambient, className } from '@spindle/loop/internal'
import type { LoopBound } from './loop-bound.ts'
import type { Waiters } from './waiters.ts'

/** Emits the event `resource` on the running loop, if it has a listener there. */
export function emitResource(
  resource: LoopBound,
  action: LoopEventMap['resource']['action'],
  value: number,
  to?: LoopTask | undefined,
): void {
  const loop = ambient.runningLoop
  if (loop === undefined || !loop.events.heard.resource) return
  const label = className(resource)
  loop.events.emitEvent('resource', { resource, label, action, task: loop.currentTask, to, value })
}

/** Called before the first of `waiters` is picked: it is the one that gets what is released. */
export function emitReleased(resource: LoopBound, value: number, waiters: Waiters): void {
  const to = waiters.nextTask
  emitResource(resource, to === undefined ? 'released' : 'handed-on', value, to)
}
