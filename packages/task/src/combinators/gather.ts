import { type AwaitableSource, type CancelledError, type EventLoop, Future, type Suspension } from '@spindle/loop'
import {
  ambient,
  cancelledErrorWithoutStack,
  checkOptions,
  currentLoop,
  type Probe,
  repr,
  SharedDoneCallback,
  type Wakeable,
} from '@spindle/loop/internal'
import { coroutineOf } from '../coroutines/coroutine-of.ts'
import { isShared } from '../coroutines/is-coroutine.ts'
import { checkRelease, Discards, type ReleaseOption, succeeded } from '../scopes/discard.ts'
import { Operation } from '../sync/operation.ts'
import { futureOf, type ListAdvice, type ResultOf } from '../tasks/ensure-future.ts'

const SHORT_LIST = 16
const THEIRS = Symbol('a Future of the caller')

/** The options of `gather`. */
export interface GatherOptions<ReturnExceptions extends boolean = false, T = never> {
  /** Whether exceptions count as results. @default false */
  readonly returnExceptions?: ReturnExceptions | undefined
  /**
   * Receives the results that are dropped because another awaitable of the list has failed, or the caller is cancelled.
   * If it returns a promise or an awaitable, that is awaited. `'dispose'` calls the `[Symbol.asyncDispose]` or
   * `[Symbol.dispose]` of the result. Guards of locks and items of `queue.get()` go back in any case. The results of
   * Tasks and Futures in the list stay where they are.
   * @default the result is dropped, which debug mode reports if it can be closed
   */
  readonly release?: ReleaseOption<T> | undefined
}

/**
 * Waits for several awaitables at once and returns their results in the order of the list, as a tuple. Coroutines and
 * coroutine functions become Tasks. The first exception is thrown at once, and the others continue; with
 * `returnExceptions`, exceptions are results. If the caller is cancelled, every unfinished awaitable is cancelled.
 * asyncio: `asyncio.gather`.
 *
 * Also called: Promise.all, Promise.allSettled, parallel.
 * @param awaitables Futures, Tasks, coroutines or coroutine functions
 * @param options `returnExceptions`: whether exceptions count as results, false by default; `release` receives dropped
 * results
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
  const A extends readonly AwaitableSource<unknown>[],
  ReturnExceptions extends boolean = false,
  L = A,
>(
  awaitables: A | ListAdvice<L>,
  options: GatherOptions<ReturnExceptions, ResultOf<A[number]>> = {},
): Future<{ -readonly [K in keyof A]: ReturnExceptions extends true ? ResultOf<A[K]> | Error : ResultOf<A[K]> }> {
  if (!Array.isArray(awaitables))
    throw new TypeError(`gather() takes an array, got ${repr(awaitables)}. Write: gather([a(), b()])`)
  checkOptions('gather()', options, ['returnExceptions', 'release'])
  checkRelease(options.release)
  let loop = ambient.runningLoop
  const { length } = awaitables // a function in the list, or an eager Task, may change the list
  const made = hasRepeats(awaitables) ? new Map<unknown, Future>() : undefined
  let gathering: GatherFuture | undefined
  for (let index = 0; index < length; index++) {
    const awaitable: unknown = awaitables[index]
    const known = made?.get(awaitable)
    const source: unknown = coroutineOf('ensureFuture', awaitable as never)
    const child = known ?? futureOf(source as AwaitableSource<unknown>, loop)
    loop ??= child.getLoop() // all in one loop: the running loop, otherwise that of the first awaitable
    // An awaitable that is given twice is one Future; a function is called each time.
    if (made !== undefined && typeof awaitable !== 'function' && !isShared(awaitable)) made.set(awaitable, child)
    gathering ??= new GatherFuture(loop, length, options)
    // At once: a later eager Task may add its callbacks to the same Futures, and they must run after these.
    gathering.add(index, child, known === undefined)
    if (child === awaitable || source instanceof Operation) gathering.comesFrom(index, source)
  }
  gathering ??= new GatherFuture(currentLoop(), 0, options)
  gathering.begin()
  const probe = ambient.runningLoop?.objectProbe
  if (probe !== undefined) gathering.watch(probe)
  return gathering as never // the list of results has the shape the signature says
}

/** Whether an awaitable occurs twice. For most lists, which are short, a Set would be an eighth of all memory. */
function hasRepeats(awaitables: readonly unknown[]): boolean {
  if (awaitables.length > SHORT_LIST) return new Set(awaitables).size < awaitables.length
  return awaitables.some((awaitable, index) => awaitables.indexOf(awaitable) < index)
}

class GatherFuture extends Future<unknown[]> {
  // Emptied once there is a result: a list that the collector has among its old objects keeps all children alive.
  readonly #children: (Future | undefined)[]
  readonly #returnExceptions: boolean
  readonly #doneBefore: Future[] = []
  #begun = false
  #cancelRequested = false
  #isCancelPutOff = false
  #isFromOutside = false
  // For dropped results. Most children are coroutines, which need no source.
  readonly #release: ReleaseOption<never> | undefined
  #sources: unknown[] | undefined = undefined
  #dropping: Discards | undefined = undefined
  /** The children that had not ended when it failed. */
  #late: Map<Future, number> | undefined = undefined
  /** The error to throw when all children have ended. */
  #failure: { readonly error: unknown } | undefined = undefined
  /** How many have waited for it while it was pending. */
  #waiters = 0
  #watchedBy: Probe | undefined = undefined
  readonly #watch: ChildWatch

  constructor(loop: EventLoop, count: number, { returnExceptions, release }: GatherOptions<boolean>) {
    super({ loop })
    this.#children = new Array(count) // an array that grows takes three times the memory
    this.#returnExceptions = returnExceptions === true
    this.#release = release
    this.#watch = new ChildWatch(loop, (child: Future): void => this.#childDone(child))
  }

  override get reprName(): string {
    return 'GatheringFuture'
  }

  override get label(): string {
    return `gather of ${this.#children.length}`
  }

  override get isCancelPutOff(): boolean {
    return this.#isCancelPutOff
  }

  override get isFromOutside(): boolean {
    return this.#isFromOutside
  }

  override get members(): readonly Future[] {
    return this.#children.filter((child) => child !== undefined)
  }

  add(index: number, child: Future, isNew: boolean): void {
    this.#children[index] = child
    if (!isNew) return
    this.#watch.left++
    if (child.done()) this.#doneBefore.push(child)
    else this.#watch.add(child)
  }

  /** @param source a Future of the caller, which keeps its result; or an operation, which takes its result back */
  comesFrom(index: number, source: unknown): void {
    this.#sources ??= new Array(this.#children.length)
    this.#sources[index] = source instanceof Operation ? source : THEIRS
  }

  /** In debug mode, reports a gather whose result is never used. */
  watch(probe: Probe): void {
    this.#watchedBy = probe
    probe.awaitableMade?.(this, 'gather([…])', undefined)
  }

  override [Symbol.iterator](): Iterator<Suspension, unknown[], unknown> {
    this.#dismiss()
    return super[Symbol.iterator]()
  }

  override addWakeable(waiting: Wakeable): void {
    this.#dismiss()
    this.#waiters++
    super.addWakeable(waiting)
  }

  override result(): unknown[] {
    this.#dismiss()
    return super.result()
  }

  override exception(): unknown {
    this.#dismiss()
    return super.exception()
  }

  #dismiss(): void {
    this.#watchedBy?.awaitableStarted?.(this)
    this.#watchedBy = undefined
  }

  begin(): void {
    this.#begun = true
    if (this.#watch.left === 0) return this.setResult([])
    for (const child of this.#doneBefore) this.#childDone(child)
  }

  /**
   * Cancels the children; the gather ends cancelled, like a Task, when they have all ended. The children may be
   * gathers, nested deeper than the stack allows, so this is a loop rather than a recursion.
   */
  override cancel(message?: string): boolean {
    if (!this.#acceptsCancel()) return false
    const path: CancelStep[] = [{ gather: this, next: 0, any: false }]
    for (;;) {
      const step = path[path.length - 1] as CancelStep
      const child = step.gather.#children[step.next++]
      if (child instanceof GatherFuture) {
        if (child.#acceptsCancel()) path.push({ gather: child, next: 0, any: false })
      } else if (child !== undefined) {
        if (child.cancel(message)) step.any = true
      } else {
        if (step.any) step.gather.#cancelRequested = true
        path.pop()
        const outer = path[path.length - 1]
        if (outer === undefined) return step.any
        if (step.any) outer.any = true
      }
    }
  }

  /** Whether the children have returned, and at least one could not deliver the cancellation before. */
  #putOff(children: readonly Future[]): boolean {
    this.#isCancelPutOff =
      children.some((child) => child.isCancelPutOff) && !children.some((child) => child.cancelled())
    return this.#isCancelPutOff
  }

  #acceptsCancel(): boolean {
    this.#dismiss()
    return !this.done() // if it failed, its exception still has to be retrieved
  }

  #childDone(child: Future): void {
    this.#watch.left--
    if (this.done() || !this.#begun || this.#failure !== undefined) {
      // Too late to be thrown, or gather() itself has thrown because an item cannot be awaited: the exception counts as
      // retrieved.
      if (!child.cancelled()) child.exception()
      const index = this.#late?.get(child)
      if (index !== undefined) this.#drop(index, child)
      if (this.#failure !== undefined && this.#watch.left === 0) this.#endFailed(this.#failure.error)
      return
    }
    if (!this.#returnExceptions) {
      if (child.cancelled()) return this.#fail(child.takeCancelledError())
      if (child.hasException()) return this.#fail(child.exception())
    }
    if (this.#watch.left > 0) return
    const children = this.#children as Future[] // none is missing yet
    const results = children.map(outcome)
    const last = children.at(-1) ?? child
    // A cancelled gather ends cancelled even if exceptions are results.
    if (this.#cancelRequested && !this.#putOff(children)) return this.#fail(cancelledErrorOf(last))
    this.#isFromOutside = children.some((child) => child.isFromOutside)
    this.setResult(results)
    this.#children.fill(undefined)
  }

  /** Throws the first error. The results of the other children go back, now and later. */
  #fail(error: unknown): void {
    const children = this.#children as Future[]
    this.#dropping = new Discards(this.getLoop(), 'a result of a gather() that failed', this.#release)
    if (this.#cancelRequested) this.#dropping.cancel()
    this.#watch.countsOnly = false
    this.#late = new Map()
    const ended = new Map<Future, number>()
    for (const [index, child] of children.entries()) (child.done() ? ended : this.#late).set(child, index)
    // The last first, so that several items of a queue return in their order.
    for (const [child, index] of [...ended].reverse()) this.#drop(index, child)
    if (!this.#cancelRequested || this.#release === undefined) return this.setException(error)
    this.#failure = { error }
    if (this.#watch.left === 0) this.#endFailed(error)
  }

  #endFailed(error: unknown): void {
    this.#dropping?.whenEmpty(() => this.setException(error))
  }

  #drop(index: number, child: Future): void {
    const source = this.#sources?.[index]
    if (source !== THEIRS && succeeded(child)) this.#dropping?.add(child.result(), source)
  }

  /** A Task that waits for it was cancelled in the turn in which it was done. If others wait, they get the results. */
  override dropResult(): void {
    if (this.#waiters !== 1 || this.#dropping !== undefined || this.hasException()) return
    this.#dropping = new Discards(this.getLoop(), 'a result of a gather() whose Task was cancelled', this.#release)
    const results = super.result()
    for (let index = results.length - 1; index >= 0; index--)
      if (this.#sources?.[index] !== THEIRS) this.#dropping.add(results[index], this.#sources?.[index])
  }
}

/**
 * Called when a child is done. A result is only counted while other children are pending, since nothing has to happen
 * yet: an entry of the ready queue for each would be an eighth of the cost of a child. A repeatable loop has these
 * entries, since recordings show them, and exploration cancels between any two.
 */
class ChildWatch extends SharedDoneCallback {
  /** How many children the gather has yet to count. */
  left: number
  /** Whether results need no callback. */
  countsOnly: boolean
  private pending: number

  constructor(loop: EventLoop, callback: (child: Future) => void) {
    super(loop, callback, true)
    this.left = 0
    this.countsOnly = !loop.isRepeatable
    this.pending = 0
  }

  override add(child: Future): void {
    this.pending++
    child.addWakeable(this)
  }

  override wake(loop: EventLoop, child: Future): void {
    this.pending--
    const isResult = !child.cancelled() && !child.hasException()
    if (isResult && this.pending > 0 && this.countsOnly) this.left--
    else super.wake(loop, child)
  }
}

interface CancelStep {
  readonly gather: GatherFuture
  next: number
  any: boolean
}

function outcome(child: Future): unknown {
  if (child.cancelled()) return cancelledErrorWithoutStack(child.cancelMessage)
  return child.hasException() ? child.exception() : child.result()
}

function cancelledErrorOf(child: Future): CancelledError {
  return child.cancelled() ? child.takeCancelledError() : cancelledErrorWithoutStack(child.cancelMessage)
}
