// AbortSignals are declared by their shape, so that neither DOM nor Node types are needed.

import { type Awaitable, CancelledError, type Coroutine, isFuture, RuntimeError, type Task } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { runningTask } from '../tasks/current-task.ts'
import { CancelScope } from './cancel-scope.ts'
import { type AbortSignalLike, checkSignal, describeReason, linkToSignal } from './link-to-signal.ts'
import { onAbort } from './on-abort.ts'

/** The AbortSignal of the platform, as far as its types are known. */
export type PlatformAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : AbortSignalLike

/** The platform's AbortController. */
export interface AbortControllerLike {
  readonly signal: AbortSignalLike
  abort(reason?: unknown): void
}

declare const AbortController: new () => AbortControllerLike

/** For `call`, which creates its own. */
export const createAbortController = (): AbortControllerLike => new AbortController()

/**
 * Runs a block and returns its result. When the signal aborts, the wait in the block is cancelled, and once the block
 * has ended, the reason of the signal is thrown. If the signal has aborted before, the block does not start. If the
 * caller is cancelled, the CancelledError passes through. An addition to asyncio.
 * @param block receives a signal that aborts when the Task is cancelled
 * @throws the reason of the signal, by default an `AbortError`; the error of the block; RuntimeError outside of a Task
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const controller = new AbortController()
 *   getRunningLoop().callLater(10, () => controller.abort(new Error('the user left')))
 *   try {
 *     yield* abortable(controller.signal, () => sleep(1000))
 *   } catch (error) {
 *     console.log((error as Error).message) // prints: the user left
 *   }
 * }
 * await run(main())
 * ```
 */
export function abortable<T>(signal: AbortSignalLike, block: () => Awaitable<T>): Coroutine<T> {
  checkSignal(signal)
  checkBlock('abortable', block)
  return abortableBlock(signal, block)
}

/**
 * Passes a block a signal that aborts when the Task is cancelled, while the block still waits, or when the block
 * throws: one signal for all the calls of a block that take one. If the block returns, the signal does not abort. For a
 * single call, `call((signal) => …)` does the same. An addition to asyncio.
 *
 * Also called: AbortController.
 * @param block receives a signal that aborts when the Task is cancelled
 * @throws the error of the block; RuntimeError outside of a Task
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   yield* timeout(10, () =>
 *     withAbortSignal(function* (signal) {
 *       signal.addEventListener('abort', () => console.log('given up')) // prints: given up
 *       yield* sleep(1000) // or: yield* call(() => fetch(url, { signal }))
 *     }),
 *   )
 * }
 * await run(main()).catch((error) => console.log(error.name)) // prints: TimeoutError
 * ```
 */
export function withAbortSignal<T>(block: (signal: PlatformAbortSignal) => Awaitable<T>): Coroutine<T> {
  checkBlock('withAbortSignal', block)
  return signallingBlock(block)
}

/** Cancels a Task when a signal aborts; at once if it has. When the Task is done, no listener is left on the signal. */
export function cancelOnAbort(task: Task, signal: AbortSignalLike): void {
  if (!isFuture(task)) throw new TypeError(`cancelOnAbort() takes a Task, got ${repr(task)}`)
  if (!task.done()) task.addDoneCallback(linkToSignal(task, signal))
}

const abortableBlock = coroutine(function* abortable<T>(
  signal: AbortSignalLike,
  block: () => Awaitable<T>,
): Coroutine<T> {
  if (signal.aborted) throw signal.reason
  const scope = new CancelScope('abortable()', 'AbortSignal')
  const stop = onAbort(signal, () => scope.cancel({ message: describeReason(signal) }))
  try {
    return yield* callBlock('abortable', block)
  } catch (error) {
    throw scope.end() && error instanceof CancelledError ? signal.reason : error
  } finally {
    stop()
    scope.end()
  }
})

const signallingBlock = coroutine(function* withAbortSignal<T>(
  block: (signal: PlatformAbortSignal) => Awaitable<T>,
): Coroutine<T> {
  const task = runningTask()
  if (task === undefined) throw new RuntimeError('withAbortSignal() should be used inside a task')
  const controller = new AbortController()
  // Later, as `call` does: what has ended in this very turn has not been told to stop.
  task.enterTold(() => void Promise.resolve().then(() => controller.abort()))
  try {
    // The cast: the signal is the platform's own, of which this declaration has only a part.
    return yield* callBlock('withAbortSignal', block, controller.signal as PlatformAbortSignal)
  } catch (error) {
    // APIs that take signals do not know a CancelledError: they get the AbortError they expect.
    if (error instanceof CancelledError) controller.abort()
    else controller.abort(error)
    throw error
  } finally {
    task.leaveTold()
  }
})
