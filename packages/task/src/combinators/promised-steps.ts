// While a promise of `next()` is pending, only a signal can make the iterator end, if its maker takes one. `return()`
// cannot: an async generator acts on it only after its current step has ended.

import { CancelledError, type Coroutine } from '@spindle/loop'
import type { CoroutineIterator } from '../coroutines/coroutine-iterable.ts'
import type { createAbortController } from '../scopes/abort-signal.ts'
import { CallFuture, outcomeOf, settleWith, throwIfCancelled } from '../scopes/call-future.ts'
import { isAbort } from '../scopes/is-abort.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { currentTask } from '../tasks/current-task.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task.ts'

/** The steps of an async iterable, which is closed when the Task is cancelled between two of them. */
export class PromisedSteps<T> implements CoroutineIterator<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #controller: ReturnType<typeof createAbortController> | undefined
  readonly #isAbandoned: boolean

  /**
   * @param controller aborts when the Task is cancelled
   * @param isAbandoned whether a cancelled Task abandons a pending step
   */
  constructor(
    iterable: AsyncIterable<T>,
    controller: ReturnType<typeof createAbortController> | undefined,
    isAbandoned: boolean,
  ) {
    this.#iterator = iterable[Symbol.asyncIterator]()
    this.#controller = controller
    this.#isAbandoned = isAbandoned
  }

  *next(): Coroutine<IteratorResult<T, unknown>> {
    let future: CallFuture<IteratorResult<T, unknown>> | undefined
    try {
      yield* throwIfCancelled()
      future = new CallFuture('next()', { abandonOnCancel: this.#isAbandoned }, this.#controller ?? false)
      const pending = future
      future.begin(() => settleWith(pending, this.#iterator.next()))
      return yield* outcomeOf(future)
    } catch (error) {
      const isOurs = error instanceof CancelledError && (future === undefined || future.request !== undefined)
      if (isOurs) yield* this.#closeCancelled(future !== undefined && (this.#isAbandoned || future.isAbandoned))
      throw error
    }
  }

  *return(): Coroutine<void> {
    const closed = closeIterator(this.#iterator)
    if (closed !== undefined) yield* ensureFuture(closed)
  }

  *#closeCancelled(isPending: boolean): Coroutine<void> {
    this.#controller?.abort()
    if (isPending) return this.#closeUnseen()
    try {
      yield* uncancellable(() => this.return(), { timeout: Number.POSITIVE_INFINITY }) // until `abandon()`
    } catch {
      // The cancellation has precedence.
    }
  }

  /** Asks the iterator to return, without waiting: the promise it waits for may never settle. */
  #closeUnseen(): void {
    const loop = (currentTask() as Task).getLoop() // it was cancelled
    const closed = closeIterator(this.#iterator)
    closed?.then(undefined, (exception: unknown) => {
      if (isAbort(exception, this.#controller?.signal)) return
      const message = 'a source of forEach() could not be closed after its task was cancelled'
      loop.callExceptionHandler({ message, exception })
    })
  }
}

/** Asks an iterator to end. */
export function closeIterator(iterator: AsyncIterator<unknown>): Promise<unknown> | undefined {
  const closed = iterator.return?.()
  return closed === undefined ? undefined : Promise.resolve(closed)
}
