import { type Coroutine, type EventLoop, type Future, getRunningLoop } from '@spindle/loop'
import { sleep } from '@spindle/task'

// The Task of each loop that looks on behalf of all who wait, and what the others wait for.
const lookouts = new WeakMap<EventLoop, Future<void>>()

/**
 * Waits until no other Task of the loop is ready: each waits for something, be it a timer, and so do those that have
 * just been started. A test starts a Task, and then looks at what it has done up to where it waits. Does not end while
 * another Task runs in each iteration. Cancelled while waiting: nothing happens. Trio:
 * `trio.testing.wait_all_tasks_blocked`.
 *
 * @example
 * ```ts
 * const log: string[] = []
 * function* worker(): Coroutine<void> {
 *   yield* sleep(0)
 *   log.push('about to wait')
 *   yield* getRunningLoop().createFuture()
 * }
 * const test = inVirtualTime(function* () {
 *   createTask(worker())
 *   yield* waitAllBlocked()
 *   console.log(log) // prints: [ 'about to wait' ]
 * })
 * await test()
 * ```
 */
export function* waitAllBlocked(): Coroutine<void> {
  const loop = getRunningLoop()
  for (let other = lookouts.get(loop); other !== undefined; other = lookouts.get(loop)) {
    if (yield* endOf(other)) return
  }
  const seen = loop.createFuture<void>()
  lookouts.set(loop, seen)
  try {
    do yield* sleep(0)
    while (loop.nextTime <= loop.time())
    seen.setResult()
  } finally {
    lookouts.delete(loop)
    seen.cancel() // then another has to look
  }
}

/** Waits for the end of another look, and returns whether all were blocked then. */
function* endOf(seen: Future<void>): Coroutine<boolean> {
  const ended = getRunningLoop().createFuture<boolean>()
  seen.addDoneCallback(() => {
    if (!ended.done()) ended.setResult(!seen.cancelled())
  })
  return yield* ended
}
