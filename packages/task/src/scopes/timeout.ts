// A timeout cancels the Task it is in, and turns the CancelledError into a TimeoutError at the end of the block. It
// does so only if the cancellation was its own, which its CancelScope knows; otherwise the CancelledError passes
// through.
//
//   ACTIVE ──deadline──▶ EXPIRING ──block ends──▶ EXPIRED
//      └────block ends──▶ FINISHED

import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  ExceptionGroup,
  getRunningLoop,
  RuntimeError,
} from '@spindle/loop'
import {
  type Advice,
  checkTime,
  checkTimeout,
  currentContext,
  inspectSymbol,
  isError,
  type Limit,
  ownContext,
} from '@spindle/loop/internal'
import { type Block, callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { callAtLimit } from './call-at-limit.ts'
import { CancelScope } from './cancel-scope.ts'
import { timeoutError } from './timeout-error.ts'

const ACTIVE = 'active'
const EXPIRING = 'expiring'
const EXPIRED = 'expired'
const FINISHED = 'finished'

// Throws no TimeoutError, so it needs no place.
const MOVE_ON = 'moveOnAfter()'

/**
 * Runs a block that may take `delay` ms, and returns its result. When it times out, the wait in the block is cancelled,
 * and once the block has ended a TimeoutError is thrown. With undefined there is no limit, until `scope.reschedule`
 * sets one. The time counts from the moment this is awaited. If the caller is cancelled, the CancelledError passes
 * through, even if the block times out as well. asyncio: `async with asyncio.timeout(delay)`, in seconds.
 *
 * Also called: time limit, deadline.
 * @param delay in ms from now; undefined for no limit
 * @param block receives the Timeout
 * @throws TimeoutError when it times out; the error of the block; RangeError if the delay is NaN
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   console.log(yield* timeout(500, function* () {
 *     return yield* sleep(10, 'in time')
 *   })) // prints: in time
 *   try {
 *     yield* timeout(10, () => sleep(500))
 *   } catch (error) {
 *     console.log((error as Error).name) // prints: TimeoutError
 *   }
 * }
 * await run(main())
 * ```
 */
export function timeout<T, C = TimeoutBlock<T>>(
  delay: number | undefined,
  block: TimeoutBlock<T> | Advice<C, Block>,
): Coroutine<T> {
  checkTimeout('delay', delay)
  checkBlock('timeout', block)
  return timeoutBlock('timeout()', delay, undefined, block as TimeoutBlock<T>)
}

/**
 * Like `timeout`, with the time of the deadline, in ms on the clock of the loop (`getRunningLoop().time()`). asyncio:
 * `async with asyncio.timeout_at(when)`.
 * @param when in ms on the clock of the loop, `loop.time()`; undefined for no limit
 *
 * @example
 * ```ts
 * function* main(): Coroutine<string> {
 *   const deadline = getRunningLoop().time() + 500
 *   const first = yield* timeoutAt(deadline, () => sleep(10, 'one deadline'))
 *   return yield* timeoutAt(deadline, () => sleep(10, `${first} for both`))
 * }
 * console.log(await run(main())) // prints: one deadline for both
 * ```
 */
export function timeoutAt<T, C = TimeoutBlock<T>>(
  when: number | undefined,
  block: TimeoutBlock<T> | Advice<C, Block>,
): Coroutine<T> {
  if (when !== undefined) checkTime('when', when)
  checkBlock('timeoutAt', block)
  return timeoutBlock('timeoutAt()', undefined, when, block as TimeoutBlock<T>)
}

/** `timeout` for another function, whose name the error contains. */
export function timeoutFor<T>(caller: string, delay: number | undefined, block: () => Awaitable<T>): Coroutine<T> {
  return timeoutBlock(caller, delay, undefined, block)
}

/**
 * Runs a block that may take `delay` ms, and continues without an error when it times out: then the result is
 * undefined. `scope.expired()` says whether it did. Otherwise as `timeout`. An addition to asyncio.
 * @param delay in ms from now; undefined for no limit
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   console.log(yield* moveOnAfter(10, () => sleep(500, 'late'))) // prints: undefined
 * }
 * await run(main())
 * ```
 */
export function moveOnAfter<T, C = TimeoutBlock<T>>(
  delay: number | undefined,
  block: TimeoutBlock<T> | Advice<C, Block>,
): Coroutine<T | undefined> {
  checkTimeout('delay', delay)
  checkBlock('moveOnAfter', block)
  return moveOn(delay, block as TimeoutBlock<T>)
}

/** The block of `timeout` and its like. */
export type TimeoutBlock<T> = (scope: Timeout) => Awaitable<T>

/**
 * The argument of the block of `timeout`. asyncio: `asyncio.Timeout`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   yield* timeout(1000, function* (scope) {
 *     yield* sleep(10)
 *     scope.reschedule(getRunningLoop().time() + 5000) // more time for what comes now
 *     yield* sleep(20)
 *     console.log(scope.expired()) // prints: false
 *   })
 * }
 * await run(main())
 * ```
 */
export class Timeout {
  #state = ACTIVE
  #when: number | undefined
  #timer: { cancel(): void } | undefined
  readonly #scope = new CancelScope('Timeout', 'timeout()')
  // For the error: the caller's name, and the length of the limit, if it is known.
  readonly #caller: string
  #delay: number | undefined
  /** The limit of the block around this one. @internal */
  readonly outer: Limit | undefined

  /** @throws RuntimeError outside of a Task @internal */
  constructor(caller: string, delay: number | undefined, when: number | undefined) {
    this.#caller = caller
    this.reschedule(delay === undefined ? when : getRunningLoop().time() + delay)
    this.#delay = delay
    const context = ownContext()
    this.outer = context.limit
    context.limit = this satisfies Limit
  }

  /** The deadline, in ms on the clock of the loop; undefined: never. */
  when(): number | undefined {
    return this.#when
  }

  /**
   * Sets another deadline; undefined: never. A deadline in the past takes effect in the next turn of the loop.
   * @throws RuntimeError if the block is not running, or it has timed out already
   */
  reschedule(when: number | undefined): void {
    if (when !== undefined) checkTime('when', when)
    if (this.#state !== ACTIVE) throw new RuntimeError(`Cannot change state of ${this.#state} Timeout`)
    const { task } = this.#scope
    const before = this.#timer === undefined ? undefined : this.#when
    if (when !== before) task.getLoop().probe?.limitSet?.(task, when, before)
    this.#when = when
    this.#delay = undefined
    this.#timer?.cancel()
    this.#timer = when === undefined ? undefined : this.#setTimer(when)
  }

  /** @internal */
  timeLeft(): number | undefined {
    if (this.#when === undefined || this.#state === FINISHED || this.#state === EXPIRED) return undefined
    return Math.max(0, this.#when - this.#scope.task.getLoop().time())
  }

  /** Whether the deadline passed while the block ran. */
  expired(): boolean {
    return this.#state === EXPIRING || this.#state === EXPIRED
  }

  /**
   * Ends the block. Returns whether only this timeout has cancelled it.
   * @internal
   */
  exit(): boolean {
    this.#timer?.cancel()
    this.#timer = undefined
    if (currentContext().limit === this) ownContext().limit = this.outer
    if (this.#state === ACTIVE) this.#endInTime()
    if (this.#state === EXPIRING) this.#state = EXPIRED
    return this.#scope.end()
  }

  /** The error that replaces `error`, whose only cause is this timeout. @internal */
  translate(error: unknown): unknown {
    if (error instanceof CancelledError) return timeoutError(this.#caller, this.#delay, error)
    const explain = (one: unknown): void => explainCause(one, this.#caller, this.#delay)
    explain(error)
    if (error instanceof ExceptionGroup) error.exceptions.forEach(explain)
    return error
  }

  toString(): string {
    const when = this.#when === undefined ? undefined : Math.round(this.#when * 1000) / 1000
    return `<Timeout [${this.#state}]${this.#state === ACTIVE ? ` when=${when}` : ''}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  #endInTime(): void {
    this.#state = FINISHED
    const { task } = this.#scope
    if (this.#when !== undefined) task.getLoop().probe?.limitKept?.(task, this.#when)
  }

  #setTimer(when: number): { cancel(): void } {
    const loop = this.#scope.task.getLoop()
    const expire = (): void => {
      this.#timer = undefined
      this.#scope.cancel({ deadline: when, traced: this.#caller !== MOVE_ON })
      this.#state = EXPIRING
    }
    return when <= loop.time() ? loop.callSoon(expire) : callAtLimit(loop, when, expire)
  }
}

const timeoutBlock = coroutine(function* timeout<T>(
  caller: string,
  delay: number | undefined,
  when: number | undefined,
  block: TimeoutBlock<T>,
): Coroutine<T> {
  const scope = new Timeout(caller, delay, when)
  try {
    return yield* callBlock(caller === MOVE_ON ? 'moveOnAfter' : 'timeout', block, scope)
  } catch (error) {
    if (!scope.exit()) throw error
    if (caller === MOVE_ON && error instanceof CancelledError) return undefined as T // its result may be undefined
    throw scope.translate(error)
  } finally {
    scope.exit()
  }
})

const moveOn = coroutine(function* moveOnAfter<T>(
  delay: number | undefined,
  block: TimeoutBlock<T>,
): Coroutine<T | undefined> {
  return yield* timeoutBlock(MOVE_ON, delay, undefined, block)
})

/** Adds the timeout to the causes of an error that has our CancelledError as its cause. */
function explainCause(error: unknown, caller: string, delay: number | undefined): void {
  const seen = new Set<unknown>() // a chain of causes may be circular
  for (let above = error; isError(above) && !seen.has(above); above = above.cause) {
    seen.add(above)
    if (!(above.cause instanceof CancelledError)) continue
    Reflect.set(above, 'cause', timeoutError(caller, delay, above.cause)) // a frozen error is left unchanged
    return
  }
}
