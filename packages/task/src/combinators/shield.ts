import type { AwaitableSource, Future } from '@spindle/loop'
import { type Advice, SharedDoneCallback } from '@spindle/loop/internal'
import { ensureFuture } from '../tasks/ensure-future.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'

/**
 * Waits for an awaitable. If the caller is cancelled, the awaitable is not, and continues. A coroutine becomes a Task.
 * Its result, its exception and its own cancellation pass through. If nothing waits any more, an exception is reported
 * like any that is never retrieved. asyncio: `asyncio.shield`.
 *
 * Also called: protect from cancellation.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const saving = createTask(sleep(300, 'saved'))
 *   const waiting = createTask(waitFor(shield(saving), 10))
 *   const { done } = yield* wait([waiting])
 *   for (const task of done) console.log((task.exception() as Error).name) // prints: TimeoutError
 *   console.log(yield* saving) // prints: saved
 * }
 * await run(main())
 * ```
 */
export function shield<T, C = AwaitableSource<T>>(
  awaitable: AwaitableSource<T> | Advice<C, AwaitableSource<unknown>>,
): Future<T> {
  const inner = ensureFuture(awaitable as AwaitableSource<T>)
  return inner.done() ? inner : new ShieldFuture(inner)
}

/** The outer Future: it takes the outcome of the inner one, and removes its callback when it is cancelled. */
class ShieldFuture<T> extends LabelledFuture<T> {
  readonly #inner: Future<T>
  readonly #watch: SharedDoneCallback

  constructor(inner: Future<T>) {
    super(inner.getLoop(), () => `shield(${inner.label})`, [inner])
    this.#inner = inner
    const onInnerDone = (): void => this.#follow()
    this.#watch = new SharedDoneCallback(inner.getLoop(), onInnerDone)
    inner.addWakeable(this.#watch)
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    // Otherwise a hundred thousand waits on one long-lived Future would leave a hundred thousand callbacks with it.
    if (cancelled) this.#inner.removeWakeable(this.#watch)
    return cancelled
  }

  #follow(): void {
    const inner = this.#inner
    if (this.done()) return
    if (inner.cancelled()) this.cancel()
    else if (inner.hasException()) this.setException(inner.exception())
    else this.setResult(inner.result())
  }
}
