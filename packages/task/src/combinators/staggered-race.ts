import { type Awaitable, CancelledError, type Coroutine, KeyboardInterrupt, type Task } from '@spindle/loop'
import { checkTimeout } from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { type TaskGroup, taskGroup } from '../scopes/task-group.ts'
import type { ResultOf } from '../tasks/ensure-future.ts'
import { wait } from './wait.ts'

/** How a `staggeredRace` ended. */
export interface RaceResult<T> {
  /** The result and index of the winner; undefined if all failed. */
  readonly winner: { readonly result: T; readonly index: number } | undefined
  /** The error of each attempt that was started; undefined for the winner. */
  readonly exceptions: readonly unknown[]
}

/**
 * Starts attempts one after another until one succeeds, then cancels and awaits the others. The next attempt starts
 * when the one before has failed or after `delay` ms; with undefined, only when it has failed. If the caller is
 * cancelled, all attempts are. For example, it connects to the first address that answers. asyncio:
 * `asyncio.staggered.staggered_race`, which is not documented.
 * @param delay how many ms after an attempt the next one starts; undefined waits until it has failed
 * @throws RangeError if the delay is NaN; never an error of the attempts
 *
 * @example
 * ```ts
 * function* connect(address: string, takes: number): Coroutine<string> {
 *   yield* sleep(takes)
 *   return `connected to ${address}`
 * }
 * function* main(): Coroutine<void> {
 *   const { winner } = yield* staggeredRace([() => connect('::1', 5000), () => connect('127.0.0.1', 10)], 20)
 *   console.log(winner?.result) // prints: connected to 127.0.0.1
 * }
 * await run(main())
 * ```
 */
export function staggeredRace<const F extends () => Awaitable<unknown>>(
  attempts: Iterable<F>,
  delay: number | undefined,
): Coroutine<RaceResult<ResultOf<ReturnType<F>>>> {
  checkTimeout('delay', delay)
  return racing(attempts as Iterable<() => Awaitable<ResultOf<ReturnType<F>>>>, delay)
}

const racing = coroutine(function* staggeredRace<T>(
  attempts: Iterable<() => Awaitable<T>>,
  delay: number | undefined,
): Coroutine<RaceResult<T>> {
  let winner: RaceResult<T>['winner']
  const exceptions: unknown[] = []
  // Whether the group cancels the attempts: an attempt has won, or Ctrl-C was pressed.
  let isDecided = false
  let cancellation: CancelledError | undefined

  const run = function* attempt(group: TaskGroup, start: () => Awaitable<T>, index: number): Coroutine<void> {
    exceptions[index] = undefined
    try {
      const result = yield* callBlock('staggeredRace', start)
      if (winner === undefined) winner = { result, index } // a cancelled attempt may return even so
      isDecided = true
      group.cancel()
    } catch (error) {
      if (error instanceof KeyboardInterrupt) {
        isDecided = true
        throw error
      }
      exceptions[index] = error
    }
  }

  yield* taskGroup(function* (group) {
    const tasks: Task[] = []
    try {
      for (const start of attempts) {
        checkBlock('staggeredRace', start)
        // Not eagerly: as in asyncio, an attempt begins in the iteration after it is started.
        const attempt = group.createTask(run(group, start, tasks.length), { eagerStart: false })
        tasks.push(attempt)
        yield* wait([attempt], { timeout: delay })
      }
      if (tasks.length > 0) yield* wait(tasks)
    } catch (error) {
      if (isDecided || !(error instanceof CancelledError)) throw error
      // The attempts get the message of the cancellation, which a group does not pass on.
      for (const task of tasks) task.cancel(error.message || undefined)
      cancellation = error
    }
  })
  if (cancellation !== undefined) throw cancellation
  return { winner, exceptions }
})
