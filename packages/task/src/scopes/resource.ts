import type { Awaitable, Coroutine } from '@spindle/loop'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { type Acquire, checkAcquire, exitStack, type Release, type ResourceOptions } from './exit-stack.ts'

/**
 * Opens a resource, runs a block that uses it, closes it, and returns the result of the block. A cancellation
 * interrupts neither opening nor closing: the resource is not lost, and the clean-up is complete, even if it runs
 * because the work is done. A request that arrives while `acquire` runs is delivered at the first await of `use` or, if
 * there is none, after `release`. If the Task is cancelled already, nothing is opened. For several resources, use
 * `exitStack`. asyncio: `async with`.
 *
 * Also called: context manager, acquire and release.
 * @param release receives the resource, and the outcome of the block: to commit or roll back. Undefined for a
 * disposable
 * @param options `graceTime`: how many ms `release` has to end, no limit by default
 * @throws the error of `acquire`: then nothing is released; the error of `use`; the error of `release`, with the error
 * of `use` as its `cause`; TimeoutError if `graceTime` expires; RuntimeError outside of a Task
 *
 * @example
 * ```ts
 * function* connect(): Coroutine<{ query(): string; end(): Coroutine<void> }> {
 *   yield* sleep(10)
 *   return {
 *     query: () => 'three rows',
 *     *end() {
 *       yield* sleep(10)
 *       console.log('closed')
 *     },
 *   }
 * }
 * function* main(): Coroutine<void> {
 *   const rows = yield* resource(connect, (connection) => connection.end(), function* (connection) {
 *     return connection.query()
 *   })
 *   console.log(rows)
 * }
 * await run(main())
 * // prints: closed
 * // prints: three rows
 * ```
 */
export function resource<R, T>(
  acquire: Acquire<R>,
  release: Release<R> | undefined,
  use: (resource: R) => Awaitable<T>,
  options: ResourceOptions = {},
): Coroutine<T> {
  checkAcquire('resource()', acquire, release, options)
  checkBlock('resource', use)
  return using(acquire, release, use, options)
}

const using = coroutine(function* resource<R, T>(
  acquire: Acquire<R>,
  release: Release<R> | undefined,
  use: (resource: R) => Awaitable<T>,
  options: ResourceOptions,
): Coroutine<T> {
  return yield* exitStack(function* (stack): Coroutine<T> {
    const opened = yield* stack.enter(acquire, release, options)
    return yield* callBlock('resource', use, opened)
  })
})
