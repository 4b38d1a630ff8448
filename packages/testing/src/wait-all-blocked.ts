import { type Coroutine, type EventLoop, type Future, getRunningLoop, sleep } from 'spindle'

// For each loop, the Task that checks on behalf of all callers, and the Future that the others wait for.
const lookouts = new WeakMap<EventLoop, Future<void>>()

/**
 * Waits until no other Task of the loop is ready: every Task, even a newly started one, waits for something, such as a
 * timer. Lets a test start a Task, and then check its actions before it began to wait. Does not return
 * while another Task runs in each iteration. Cancelling the caller has no side effects. Trio:
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
    seen.cancel() // then another Task has to check
  }
}

/** Waits for the result of another caller's check, and returns whether all Tasks were blocked then. */
function* endOf(seen: Future<void>): Coroutine<boolean> {
  const ended = getRunningLoop().createFuture<boolean>()
  seen.addDoneCallback(() => {
    if (!ended.done()) ended.setResult(!seen.cancelled())
  })
  return yield* ended
}
