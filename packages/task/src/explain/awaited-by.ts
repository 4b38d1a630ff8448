// The awaiters of a Future are known from its waiters:
//
//   a Task itself                            `yield* future`
//   a callback of gather, wait, shield, …    its `task`
//
// So nothing has to be kept up to date, and nothing can leak: a Task that stops waiting leaves. Other libraries add
// their own entries.

import { type Future, isFuture, type Task } from '@spindle/loop'
import type { Wakeable } from '@spindle/loop/internal'

const added = new WeakMap<Future, Set<Future>>()

export function awaitersOf(future: Future): Set<Future> {
  const awaiters = new Set<Future>()
  for (const waiting of future.waiting()) {
    const awaiter = isFuture(waiting) ? waiting : waiting.task
    if (awaiter !== undefined) awaiters.add(awaiter)
  }
  for (const awaiter of added.get(future) ?? []) awaiters.add(awaiter)
  return awaiters
}

export function tasksBehind(waiting: readonly Wakeable[]): Task[] {
  return [...new Set(waiting.flatMap(({ task }) => task ?? []))]
}

/**
 * Records for the call graph that `waiter` awaits `future`: for libraries that wait by their own callbacks, which the
 * graph cannot see. Undo it with `futureDiscardFromAwaitedBy`. asyncio: `asyncio.future_add_to_awaited_by`.
 */
export function futureAddToAwaitedBy(future: Future, waiter: Future): void {
  if (!isFuture(future) || !isFuture(waiter)) return
  const awaiters = added.get(future)
  if (awaiters === undefined) added.set(future, new Set([waiter]))
  else awaiters.add(waiter)
}

/**
 * Removes an entry of `futureAddToAwaitedBy`. asyncio: `asyncio.future_discard_from_awaited_by`.
 */
export function futureDiscardFromAwaitedBy(future: Future, waiter: Future): void {
  added.get(future)?.delete(waiter)
}
