// Cancels programs that use sockets, processes and files: just before or just after one of the callbacks by which Node
// resumes them. Those are the windows in which something settles before the cancel, between the cancel and the wake-up,
// and after the wake-up.

import { createHook } from 'node:async_hooks'
import type { Coroutine } from '@spindle/loop'
import { createTask, ensureFuture, isCoroutine, run, type Task } from '@spindle/task'

const SIDES = ['before', 'after'] as const

/** Cancels a Task before or after a callback of Node. Returns how many callbacks there were until its end. */
export async function cancelAt(task: Task, callback: number, side: (typeof SIDES)[number]): Promise<number> {
  let callbacks = 0
  const hook = createHook({
    [side]() {
      if (callbacks++ === callback) task.cancel()
    },
  }).enable()
  await new Promise<void>((resolve) => task.addDoneCallback(() => resolve()))
  hook.disable()
  // A turn of the host: a server could not accept thousands of connections that are given up in one.
  await new Promise((resolve) => setImmediate(resolve))
  return callbacks
}

/**
 * Runs a program in real time, and then cancels it `times` times, at points that are spread over that run. It has to
 * end as cancelled if the cancel was in time. Returns how often it was.
 */
export async function cancelAtCallbacks<T>(
  program: () => Coroutine<T>,
  check: (task: Task<T>) => unknown = () => {},
  times = 24,
): Promise<number> {
  const once = (callback: number, n: number): Promise<[callbacks: number, cancelled: number]> =>
    run(function* main() {
      const task = createTask(program()) as Task<T>
      const callbacks = yield* ensureFuture(cancelAt(task as Task, callback, SIDES[n % 2] ?? 'after'))
      if (!task.cancelled()) task.result()
      if (task.cancelled() !== task.cancelling() > 0) throw new Error('it does not end as cancelled')
      const checked = check(task)
      if (isCoroutine(checked)) yield* checked
      return [callbacks, task.cancelled() ? 1 : 0]
    })
  const [callbacks] = await once(Number.POSITIVE_INFINITY, 1)
  let cancelled = 0
  for (let n = 0; n < times; n++) cancelled += (await once(Math.floor((n / times) * callbacks), n))[1]
  return cancelled
}
