import { type Awaitable, type CancelledError, type EventLoop, Future } from '@spindle/loop'
import { cancelledErrorWithoutStack, currentContext, currentLoop, threadState } from '@spindle/loop/internal'
import { awaitedByCurrentTask } from './awaited-by.ts'
import { ensureFuture, type ResultOf } from './ensure-future.ts'
import { isShared } from './is-coroutine.ts'

/**
 * Waits for several awaitables at once and gives their results in the order of the list, as a tuple. Coroutines become
 * Tasks. The first exception is thrown at once, and the others run on; with `returnExceptions` exceptions are results.
 * Cancelled: cancels all that are not done. asyncio: `asyncio.gather`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const [word, number] = yield* gather([sleep(20, 'first'), sleep(10, 2)])
 *   console.log(word, number) // prints: first 2
 * }
 * await run(main())
 * ```
 */
export function gather<
  const A extends readonly (Awaitable<unknown> | PromiseLike<unknown>)[],
  ReturnExceptions extends boolean = false,
>(
  awaitables: A,
  options: { readonly returnExceptions?: ReturnExceptions | undefined } = {},
): Future<{ -readonly [K in keyof A]: ReturnExceptions extends true ? ResultOf<A[K]> | Error : ResultOf<A[K]> }> {
  if (!Array.isArray(awaitables)) throw new TypeError('gather() takes an array: gather([a(), b()])')
  // The same awaitable twice is one Future.
  const repeats = new Set(awaitables).size < awaitables.length
  const children = repeats ? ensureOnce(awaitables) : ensureEach(awaitables)
  const loop = children[0]?.getLoop() ?? currentLoop()
  const gathering = new Gathering(loop, children, options.returnExceptions === true)
  gathering.watch(repeats ? [...new Set(children)] : children)
  return gathering as never // the list of results has the shape the signature says
}

type Given = Awaitable<unknown> | PromiseLike<unknown>

/** All of them in one loop: the running one, else that of the first. */
function ensureEach(awaitables: readonly Given[]): Future[] {
  const options = { loop: threadState.runningLoop }
  const futures: Future[] = []
  for (const awaitable of awaitables) {
    const future = ensureFuture(awaitable, options)
    options.loop ??= future.getLoop()
    futures.push(future)
  }
  return futures
}

function ensureOnce(awaitables: readonly Given[]): Future[] {
  const options = { loop: threadState.runningLoop }
  const made = new Map<Given, Future>()
  return awaitables.map((awaitable) => {
    const known = isShared(awaitable) ? undefined : made.get(awaitable)
    const future = known ?? ensureFuture(awaitable, options)
    options.loop ??= future.getLoop()
    made.set(awaitable, future)
    return future
  })
}

class Gathering extends Future<unknown[]> {
  readonly #children: readonly Future[]
  readonly #returnExceptions: boolean
  #left: number
  #cancelRequested: boolean
  readonly #onChildDone = (child: Future): void => this.#childDone(child)

  constructor(loop: EventLoop, children: readonly Future[], returnExceptions: boolean) {
    super({ loop })
    this.#children = children
    this.#returnExceptions = returnExceptions
    this.#left = 0
    this.#cancelRequested = false
  }

  override get reprName(): string {
    return 'GatheringFuture'
  }

  override get label(): string {
    return `gather of ${this.#children.length}`
  }

  watch(different: readonly Future[]): void {
    if (different.length === 0) return this.setResult([])
    this.#left = different.length
    awaitedByCurrentTask(this.#onChildDone)
    const options = { context: currentContext() } // not a copy: what is called there is ours, and sets no variables
    for (const child of different) if (!child.done()) child.addDoneCallback(this.#onChildDone, options)
    for (const child of different) if (child.done()) this.#childDone(child)
  }

  /** Cancels the children; it is cancelled itself, like a Task, when they have all ended. */
  override cancel(message?: string): boolean {
    if (this.done()) return false // and if it failed, that is still to be asked for
    let any = false
    for (const child of this.#children) if (child.cancel(message)) any = true
    if (any) this.#cancelRequested = true
    return any
  }

  #childDone(child: Future): void {
    this.#left--
    if (this.done()) {
      if (!child.cancelled()) child.exception() // too late to be told of: it counts as asked for
      return
    }
    if (!this.#returnExceptions) {
      if (child.cancelled()) return this.setException(child.takeCancelledError())
      if (child.hasException()) return this.setException(child.exception())
    }
    if (this.#left > 0) return
    const results = this.#children.map(outcome)
    // Cancelled as a whole, it ends so even if exceptions count as results.
    if (this.#cancelRequested) this.setException(cancelledErrorOf(this.#children.at(-1) ?? child))
    else this.setResult(results)
  }
}

function outcome(child: Future): unknown {
  if (child.cancelled()) return cancelledErrorWithoutStack(child.cancelMessage)
  return child.hasException() ? child.exception() : child.result()
}

function cancelledErrorOf(child: Future): CancelledError {
  return child.cancelled() ? child.takeCancelledError() : cancelledErrorWithoutStack(child.cancelMessage)
}
