// The awaiters of a Future are known from the callbacks that it calls when it is done:
//
//   a Task itself                            `yield* future`
//   a callback of gather, wait, shield, …    recorded once for all its Futures, as waiting on behalf of a Task
//
// So nothing has to be kept up to date, and nothing can leak: a Task that stops waiting removes its callback. Other
// libraries add their own entries.

import { type Future, isFuture, type Task } from '@spindle/loop'
import { ambient, Handle, type Wakeable } from '@spindle/loop/internal'

const waitersOf = new WeakMap<(future: Future) => unknown, Task>()
const added = new WeakMap<Future, Set<Future>>()

/** Records that the running Task, if there is one, awaits every Future that `callback` is added to. */
export function awaitedByCurrentTask(callback: (future: Future) => unknown): void {
  const task = ambient.runningLoop?.currentTask
  if (task !== undefined) waitersOf.set(callback, task)
}

export function awaitersOf(future: Future): Set<Future> {
  const awaiters = new Set<Future>()
  for (const ready of future.waiting()) {
    const awaiter = isFuture(ready) ? ready : taskBehind(ready)
    if (awaiter !== undefined) awaiters.add(awaiter)
  }
  for (const awaiter of added.get(future) ?? []) awaiters.add(awaiter)
  return awaiters
}

export function tasksBehind(waiting: readonly Wakeable[]): Task[] {
  const tasks = new Set<Task>()
  for (const one of waiting) {
    const task = taskBehind(one)
    if (task !== undefined) tasks.add(task)
  }
  return [...tasks]
}

function taskBehind(waiting: Wakeable): Task | undefined {
  if (waiting.task !== undefined) return waiting.task
  const callback = waiting instanceof Handle ? waiting.getCallback() : undefined
  return callback && waitersOf.get(callback)
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
