// While a promise of `next()` is pending, only a signal can make the iterator end, if its maker takes one. `return()`
// cannot: an async generator acts on it only after its current step has ended.

import { type Awaitable, CancelledError, type Coroutine } from '@spindle/loop'
import type { CoroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { sleep } from '../coroutines/sleep.ts'
import type { AbortControllerLike } from '../scopes/abort-signal.ts'
import { CallFuture, isCancelPending } from '../scopes/call-future.ts'
import { isAbort } from '../scopes/is-abort.ts'
import { cleanUp } from '../scopes/uncancellable.ts'
import { runningTask } from '../tasks/current-task.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task.ts'

/** The steps of an async iterable, which is closed when the Task is cancelled between two of them. */
export class PromisedSteps<T> implements CoroutineIterator<T> {
  readonly #iterable: AsyncIterable<T>
  readonly #iterator: AsyncIterator<T>
  readonly #controller: AbortControllerLike | undefined
  readonly #options: { abandonOnCancel: boolean; whenCancelled(isLeft: boolean): Coroutine<void> }
  readonly #begin = (): void => {
    Promise.resolve(this.#iterator.next()).then(this.#onFulfilled, this.#onRejected)
  }
  // The wait for an item. One serves all items, as a new one with its callbacks would take half of the time of an item.
  #wait: CallFuture<IteratorResult<T, unknown>> | undefined = undefined
  #onFulfilled: ((step: IteratorResult<T, unknown>) => void) | undefined = undefined
  #onRejected: ((error: unknown) => void) | undefined = undefined

  /**
   * @param controller aborts when the Task is cancelled
   * @param isAbandoned whether a cancelled Task abandons a pending step
   */
  constructor(iterable: AsyncIterable<T>, controller: AbortControllerLike | undefined, isAbandoned: boolean) {
    this.#iterable = iterable
    this.#iterator = iterable[Symbol.asyncIterator]()
    this.#controller = controller
    this.#options = {
      abandonOnCancel: isAbandoned,
      whenCancelled: (isLeft) => this.#closeCancelled(isAbandoned || isLeft),
    }
  }

  next(): Awaitable<IteratorResult<T, unknown>> {
    if (isCancelPending()) return this.#nextWhenCancelled()
    // A Probe takes each for a Future of its own.
    if (this.#wait === undefined || this.#wait.getLoop().probe !== undefined) return this.#newWait().begin(this.#begin)
    this.#wait.renew()
    return this.#wait.begin(this.#begin)
  }

  #newWait(): CallFuture<IteratorResult<T, unknown>> {
    const wait = new CallFuture<IteratorResult<T, unknown>>('next()', this.#options, this.#controller ?? false)
    this.#wait = wait
    this.#onFulfilled = wait.fulfilled.bind(wait)
    this.#onRejected = wait.rejected.bind(wait)
    return wait
  }

  *#nextWhenCancelled(): Coroutine<IteratorResult<T, unknown>> {
    try {
      yield* sleep(0)
    } catch (error) {
      if (error instanceof CancelledError) yield* this.#closeCancelled(false)
      throw error
    }
    return yield* this.next() // the request was retracted
  }

  *return(): Coroutine<void> {
    const closed =
      this.#wait === undefined
        ? closeUnread(this.#iterable, this.#iterator)
        : closeIterator(this.#iterator, this.#iterable)
    if (closed !== undefined) yield* ensureFuture(closed)
  }

  *#closeCancelled(isPending: boolean): Coroutine<void> {
    this.#controller?.abort()
    if (isPending) return this.#closeUnseen()
    try {
      yield* cleanUp(() => this.return())
    } catch {
      // The cancellation has precedence.
    }
  }

  /** Asks the iterator to return, without waiting: the promise it waits for may never settle. */
  #closeUnseen(): void {
    const loop = (runningTask() as Task).getLoop() // it was cancelled
    const closed = closeIterator(this.#iterator, this.#iterable)
    closed?.then(undefined, (exception: unknown) => {
      if (isAbort(exception, this.#controller?.signal)) return
      const message = 'a source of forEach() could not be closed after its task was cancelled'
      loop.callExceptionHandler({ message, exception })
    })
  }
}

/** What Spindle reads of a stream of Node. */
interface MaybeStream extends AsyncIterable<unknown> {
  readonly pipe?: unknown
  readonly destroy?: unknown
  readonly destroyed?: boolean
  readonly closed?: boolean
  readonly _readableState?: { readonly emitClose?: boolean }
  once?(event: 'close', listener: (value?: unknown) => void): unknown
}

/** Closes a source that was never read. A stream of Node would not notice: its iterator is a generator, not begun. */
export function closeUnread(
  source: MaybeStream,
  iterator: AsyncIterator<unknown> = source[Symbol.asyncIterator](),
): Promise<unknown> | undefined {
  const isStream = typeof source.pipe === 'function'
  if (isStream && typeof source.destroy === 'function') source.destroy()
  return closeIterator(iterator, source)
}

function closeIterator(iterator: AsyncIterator<unknown>, source: MaybeStream): Promise<unknown> | undefined {
  const closed = iterator.return?.()
  if (closed === undefined) return undefined
  return typeof source.pipe === 'function'
    ? Promise.resolve(closed).then(() => whenClosed(source))
    : Promise.resolve(closed)
}

/** The iterator of a stream of Node destroys the stream, but does not wait until its file or socket is closed. */
function whenClosed(stream: MaybeStream): Promise<unknown> | undefined {
  const isClosing = stream.destroyed === true && stream.closed === false && stream._readableState?.emitClose === true
  return isClosing ? new Promise((resolve) => stream.once?.('close', resolve)) : undefined
}
