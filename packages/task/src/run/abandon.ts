import type { EventLoop } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import { getEventLoop } from '../tasks/new-event-loop.ts'

/**
 * The second step of a stop, for a second Esc: ends the waits for what was cancelled and takes its time. Processes and
 * the workers of pool calls are killed, `graceTime` is over, and the promise of a `call()`, of a source of `forEach()`,
 * or of the opening and closing of a `resource()` is no longer awaited; a resource that still arrives is released. A
 * block of `uncancellable()` without a `timeout` goes on, and so does what was not cancelled. `run` and `runMain` do
 * this at the second Ctrl-C. An addition to asyncio.
 * @param options `loop`: the loop whose waits end; `getEventLoop()` if left out
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const task = createTask(call(() => new Promise<void>((resolve) => setTimeout(resolve, 60_000).unref())))
 *   yield* sleep(0)
 *   task.cancel() // waits for the promise
 *   yield* sleep(10)
 *   abandon()
 *   yield* wait([task])
 *   console.log(task.cancelled()) // prints: true
 * }
 * await run(main())
 * ```
 */
export function abandon(options: { readonly loop?: EventLoop | undefined } = {}): void {
  checkOptions('abandon()', options, ['loop'])
  for (const end of [...(options.loop ?? getEventLoop()).graces]) end()
}
