// The steps of an async iterable. When the Task is cancelled while it waits for one, the source is closed at once: a
// stream of Node is destroyed, a stream of the web is cancelled through its reader, any other iterator gets `return()`
// beside the pending `next()`. An async generator acts on that only after its current step, which a signal can end.

import type { Awaitable, Coroutine } from '@spindle/loop'
import type { CoroutineIterator } from '../coroutines/coroutine-iterable.ts'
import type { AbortControllerLike } from '../scopes/abort-signal.ts'
import { CallFuture, isCancelPending } from '../scopes/call-future.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import { delivering } from './close-steps.ts'

/** How a cancelled Task treats a step that it waits for. */
export interface StepOptions {
  readonly abandonOnCancel?: boolean | undefined
  readonly graceTime?: number | undefined
}

// What a `next()` rejects with, for us, that is still pending when its iterator has closed.
const CLOSED = { name: 'AbortError' }

/** The steps of an async iterable, which is closed when the Task is cancelled. */
export class PromisedSteps<T> implements CoroutineIterator<T> {
  readonly #iterable: AsyncIterable<T>
  readonly #iterator: AsyncIterator<T>
  readonly #controller: AbortControllerLike | undefined
  readonly #options: StepOptions & { onCancel(): unknown }
  readonly #begin = (): void => {
    Promise.resolve(this.#iterator.next()).then(this.#onFulfilled, this.#onRejected)
  }
  // The wait for an item. One serves all items, as a new one with its callbacks would take half of the time of an item.
  #wait: CallFuture<IteratorResult<T, unknown>> | undefined = undefined
  #onFulfilled: ((step: IteratorResult<T, unknown>) => void) | undefined = undefined
  #onRejected: ((error: unknown) => void) | undefined = undefined

  /** @param controller aborts when the Task is cancelled */
  constructor(iterable: AsyncIterable<T>, controller: AbortControllerLike | undefined, options: StepOptions) {
    this.#iterable = iterable
    this.#iterator = iteratorOf(iterable)
    this.#controller = controller
    this.#options = { ...options, onCancel: () => this.#closeAtOnce() }
  }

  next(): Awaitable<IteratorResult<T, unknown>> {
    if (isCancelPending()) return delivering(this, undefined, this.#controller, this.#options.graceTime)
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

  *return(): Coroutine<void> {
    const closed =
      this.#wait === undefined
        ? closeUnread(this.#iterable, this.#iterator)
        : closeIterator(this.#iterator, this.#iterable)
    if (closed !== undefined) yield* ensureFuture(closed)
  }

  /** While `next()` is pending. Where there is no `return()`, the step is awaited alone. */
  #closeAtOnce(): Promise<unknown> | undefined {
    let closed: Promise<unknown> | undefined
    try {
      closed = closeUnread(this.#iterable, this.#iterator)
    } catch (error) {
      closed = Promise.reject(error)
    }
    // An iterator may leave its last step pending forever.
    const rejected = (): void => this.#onRejected?.(CLOSED)
    closed?.then(rejected, rejected)
    return closed
  }
}

/** What Spindle reads of a stream of Node or of the web. */
interface MaybeStream extends AsyncIterable<unknown> {
  readonly pipe?: unknown
  readonly destroy?: unknown
  readonly destroyed?: boolean
  readonly closed?: boolean
  readonly _readableState?: { readonly emitClose?: boolean }
  once?(event: 'close', listener: (value?: unknown) => void): unknown
  getReader?(): StreamReaderLike
}

interface StreamReaderLike {
  read(): Promise<IteratorResult<unknown, undefined>>
  cancel(): Promise<void>
  releaseLock(): void
}

function iteratorOf<T>(source: AsyncIterable<T>): AsyncIterator<T> {
  const { getReader } = source as MaybeStream
  if (typeof getReader !== 'function') return source[Symbol.asyncIterator]()
  return readerSteps(getReader.call(source)) as AsyncIterator<T>
}

/** The iterator of a stream of the web would cancel it only after a pending step. */
function readerSteps(reader: StreamReaderLike): AsyncIterator<unknown> {
  return {
    async next() {
      const step = await reader.read()
      if (step.done) reader.releaseLock()
      return step
    },
    async return() {
      await reader.cancel()
      reader.releaseLock()
      return { done: true, value: undefined }
    },
  }
}

/**
 * Closes a source that was never read, or whose next step is pending. A stream of Node would not notice by its
 * iterator, which is a generator that has not begun, or waits.
 */
export function closeUnread(
  source: MaybeStream,
  iterator: AsyncIterator<unknown> = iteratorOf(source),
): Promise<unknown> | undefined {
  const isStream = typeof source.pipe === 'function'
  if (isStream && typeof source.destroy === 'function') source.destroy()
  return closeIterator(iterator, source)
}

function closeIterator(iterator: AsyncIterator<unknown>, source: MaybeStream): Promise<unknown> | undefined {
  if (iterator.return === undefined) return undefined
  const closed = iterator.return() // not always a promise
  return typeof source.pipe === 'function'
    ? Promise.resolve(closed).then(() => whenClosed(source))
    : Promise.resolve(closed)
}

/** The iterator of a stream of Node destroys the stream, but does not wait until its file or socket is closed. */
function whenClosed(stream: MaybeStream): Promise<unknown> | undefined {
  const isClosing = stream.destroyed === true && stream.closed === false && stream._readableState?.emitClose === true
  return isClosing ? new Promise((resolve) => stream.once?.('close', resolve)) : undefined
}
