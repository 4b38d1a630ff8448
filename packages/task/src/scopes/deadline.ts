import { currentContext } from '@spindle/loop/internal'

/**
 * Returns how much time is left here, in ms: the least that the `timeout`, `timeoutAt`, `moveOnAfter` and `waitFor`
 * blocks leave that run around this call, or around the place where its Task was created. `Infinity` if there is no
 * limit, 0 if one is over. For a limit that has to travel with a request, in a header or an option of a client. Trio:
 * `current_effective_deadline`, as a length of time. An addition to asyncio.
 *
 * @example
 * ```ts
 * function* ask(question: string): Coroutine<string> {
 *   const headers = { 'x-timeout-ms': String(deadline()) }
 *   return yield* sleep(10, `${question} ${headers['x-timeout-ms']}`)
 * }
 * function* main(): Coroutine<void> {
 *   yield* timeout(300, function* () {
 *     yield* sleep(100)
 *     console.log(yield* gather([ask('one'), timeout(50, () => ask('two'))])) // prints: [ 'one 200', 'two 50' ]
 *   })
 *   console.log(deadline()) // prints: Infinity
 * }
 * await run(main())
 * ```
 */
export function deadline(): number {
  let least = Number.POSITIVE_INFINITY
  for (let limit = currentContext().limit; limit !== undefined; limit = limit.outer)
    least = Math.min(least, limit.timeLeft() ?? least)
  return least
}
