import { type Awaitable, type Coroutine, RuntimeError } from '@spindle/loop'
import { type Advice, checkOptions, checkTimeout } from '@spindle/loop/internal'
import { type Block, callBlock, checkBlock, checkReturned } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { runningTask } from '../tasks/current-task.ts'
import { type Timeout, timeout } from './timeout.ts'

/**
 * Runs a block whose waits a cancellation does not interrupt, and returns its result: for clean-up that has to
 * complete. A cancellation request that arrives during the block is delivered at the next await after it. A Task that
 * ends before that next await ends with its own outcome, and the caller that passed the request on receives it at its
 * own next await: the result of the block is never lost, and what it has done is never reported as cancelled. A
 * `timeout()` around it returns late, without an error. A loop that contains only such blocks needs a `yield*
 * checkpoint()` to be cancelled. A timeout or group inside of the block works as usual. Unlike `shield` it runs in the
 * same Task. An addition to asyncio.
 * @param options `timeout`: the limit of the block in ms; then it is cancelled after all, and a TimeoutError is thrown
 * @throws TimeoutError when it times out; the error of the block; RuntimeError outside of a Task
 *
 * @example
 * ```ts
 * function* transfer(): Coroutine<void> {
 *   try {
 *     yield* sleep(1000)
 *   } finally {
 *     yield* uncancellable(function* () {
 *       yield* sleep(10)
 *       console.log('rolled back')
 *     }, { timeout: 500 })
 *   }
 * }
 * function* main(): Coroutine<void> {
 *   const task = createTask(transfer())
 *   yield* sleep(0)
 *   task.cancel()
 *   yield* sleep(5)
 *   task.cancel() // would cancel the clean-up
 *   yield* wait([task]) // prints: rolled back
 * }
 * await run(main())
 * ```
 */
export function uncancellable<T, C = () => Awaitable<T>>(
  block: (() => Awaitable<T>) | Advice<C, Block>,
  options: { readonly timeout?: number | undefined } = {},
): Coroutine<T> {
  checkBlock('uncancellable', block)
  checkOptions('uncancellable()', options, ['timeout'])
  checkTimeout('timeout', options.timeout)
  return uncancellableBlock(block as () => Awaitable<T>, options.timeout, options.timeout !== undefined)
}

/**
 * Like `uncancellable`, for the clean-up of a resource: `abandon()` ends it also without a limit.
 * @param graceTime in ms; undefined for no limit
 */
export function cleanUp<T>(block: () => Awaitable<T>, graceTime?: number | undefined): Coroutine<T> {
  return uncancellableBlock(block, graceTime, true)
}

const uncancellableBlock = coroutine(function* uncancellable<T>(
  block: () => Awaitable<T>,
  delay: number | undefined,
  canBeAbandoned: boolean,
): Coroutine<T> {
  const task = runningTask()
  if (task === undefined) throw new RuntimeError('uncancellable() should be used inside a task')
  const { graces } = task.getLoop()
  let limit: Timeout | undefined
  const abandon = (): void => {
    if (task.cancelling() > 0 && limit?.expired() === false) limit.reschedule(0)
  }
  if (canBeAbandoned) graces.add(abandon)
  task.enterUncancellable()
  try {
    if (!canBeAbandoned) return yield* callBlock('uncancellable', block)
    return yield* timeout(delay, (scope) => {
      limit = scope
      return checkReturned('uncancellable', block())
    })
  } finally {
    task.leaveUncancellable()
    graces.delete(abandon)
  }
})
