// A timeout cancels the Task it is in, and turns the CancelledError into a TimeoutError at the end of the block. It
// does so only if the cancellation was its own, which its CancelScope knows; otherwise the CancelledError passes
// through.
//
//   CREATED ──run()──▶ ENTERED ──deadline──▶ EXPIRING ──block ends──▶ EXPIRED
//                         └──────block ends──▶ EXITED

import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  ExceptionGroup,
  getRunningLoop,
  RuntimeError,
  type TimeoutError,
  type TimerHandle,
} from '@spindle/loop'
import { type Advice, checkTimeout, inspectSymbol, isError } from '@spindle/loop/internal'
import { type Block, callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { CancelScope } from './cancel-scope.ts'
import { timeoutError } from './timeout-error.ts'

const CREATED = 'created'
const ENTERED = 'active'
const EXPIRING = 'expiring'
const EXPIRED = 'expired'
const EXITED = 'finished'

// Throws no TimeoutError, so it needs no place.
const MOVE_ON = 'moveOnAfter()'

/**
 * Runs a block that may take `delay` ms, and returns its result. When it times out, the wait in the block is cancelled,
 * and once the block has ended a TimeoutError is thrown. With undefined there is no limit, until `scope.reschedule`
 * sets one. The time counts from the moment this is awaited. If the caller is cancelled, the CancelledError passes
 * through, even if the block times out as well. asyncio: `async with asyncio.timeout(delay)`, in seconds.
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
  return timeoutBlock(new Timeout(undefined), block as TimeoutBlock<T>, delay)
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
  checkBlock('timeoutAt', block)
  return timeoutBlock(new Timeout(when), block as TimeoutBlock<T>, undefined, 'timeoutAt()')
}

/** `timeout` for another function, whose name the error contains. */
export function timeoutFor<T>(caller: string, delay: number | undefined, block: () => Awaitable<T>): Coroutine<T> {
  return timeoutBlock(new Timeout(undefined), block, delay, caller)
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
  return moveOn(new Timeout(undefined), block as TimeoutBlock<T>, delay)
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
  #state = CREATED
  #when: number | undefined
  #timer: { cancel(): void } | undefined
  // Set while the block runs, and afterwards.
  #scope: CancelScope | undefined
  #error: TimeoutError | undefined
  // For the error: the caller's name, and the length of the limit, if it is known.
  #caller = 'timeout()'
  #delay: number | undefined

  /** @param when the deadline, on the clock of the loop; undefined: never */
  constructor(when: number | undefined) {
    checkTimeout('when', when)
    this.#when = when
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
    checkTimeout('when', when)
    if (this.#scope === undefined) throw new RuntimeError('Timeout has not been entered')
    if (this.#state !== ENTERED) throw new RuntimeError(`Cannot change state of ${this.#state} Timeout`)
    const { task } = this.#scope
    const before = this.#timer === undefined ? undefined : this.#when
    if (when !== before) task.getLoop().probe?.limitSet?.(task, when, before)
    this.#when = when
    this.#delay = undefined
    this.#timer?.cancel()
    this.#timer = when === undefined ? undefined : this.#setTimer(when, this.#scope)
  }

  /** Whether the deadline passed while the block ran. */
  expired(): boolean {
    return this.#state === EXPIRING || this.#state === EXPIRED
  }

  /**
   * Runs the block, once. See `timeout`.
   * @throws RuntimeError if it has run before, or outside of a Task
   * @internal
   */
  run<T>(block: (scope: Timeout) => Awaitable<T>): Coroutine<T> {
    checkBlock('timeout', block)
    return timeoutBlock(this, block, undefined)
  }

  /** @internal */
  enter(caller: string, delay: number | undefined): void {
    if (this.#state !== CREATED) throw new RuntimeError('Timeout has already been entered')
    this.#scope = new CancelScope('Timeout', 'timeout()')
    this.#state = ENTERED
    this.#caller = caller
    this.reschedule(delay === undefined ? this.#when : getRunningLoop().time() + delay)
    this.#delay = delay
  }

  /**
   * Ends the block. Returns whether only this timeout has cancelled it.
   * @internal
   */
  exit(): boolean {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#state === ENTERED) this.#endInTime()
    if (this.#state === EXPIRING) this.#state = EXPIRED
    return this.#scope?.end() === true
  }

  /** The error that replaces `error`, whose only cause is this timeout. @internal */
  translate(error: unknown): unknown {
    if (error instanceof CancelledError) {
      this.#error = timeoutError(this.#caller, this.#delay, error)
      return this.#error
    }
    const explain = (one: unknown): void => explainCause(one, this.#caller, this.#delay)
    explain(error)
    if (error instanceof ExceptionGroup) error.exceptions.forEach(explain)
    return error
  }

  /** Whether `error` is the TimeoutError of this timeout. @internal */
  threw(error: unknown): boolean {
    return this.#error !== undefined && this.#error === error
  }

  toString(): string {
    const when = this.#when === undefined ? undefined : Math.round(this.#when * 1000) / 1000
    return `<Timeout [${this.#state}]${this.#state === ENTERED ? ` when=${when}` : ''}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  #endInTime(): void {
    this.#state = EXITED
    const task = this.#scope?.task
    if (task !== undefined && this.#when !== undefined) task.getLoop().probe?.limitKept?.(task, this.#when)
  }

  #setTimer(when: number, scope: CancelScope): TimerHandle | { cancel(): void } {
    const loop = scope.task.getLoop()
    const expire = (): void => {
      this.#timer = undefined
      scope.cancel({ deadline: when, traced: this.#caller !== MOVE_ON })
      this.#state = EXPIRING
    }
    return when <= loop.time() ? loop.callSoon(expire) : loop.callAt(when, expire)
  }
}

const timeoutBlock = coroutine(function* timeout<T>(
  scope: Timeout,
  block: TimeoutBlock<T>,
  delay: number | undefined,
  caller = 'timeout()',
): Coroutine<T> {
  scope.enter(caller, delay)
  try {
    return yield* callBlock(caller === MOVE_ON ? 'moveOnAfter' : 'timeout', block, scope)
  } catch (error) {
    throw scope.exit() ? scope.translate(error) : error
  } finally {
    scope.exit()
  }
})

const moveOn = coroutine(function* moveOnAfter<T>(
  scope: Timeout,
  block: TimeoutBlock<T>,
  delay: number | undefined,
): Coroutine<T | undefined> {
  try {
    return yield* timeoutBlock(scope, block, delay, MOVE_ON)
  } catch (error) {
    if (scope.threw(error)) return undefined
    throw error
  }
})

/** Adds the timeout to the causes of an error that has our CancelledError as its cause. */
function explainCause(error: unknown, caller: string, delay: number | undefined): void {
  const seen = new Set<unknown>() // a chain of causes may be circular
  for (let above = error; isError(above) && !seen.has(above); above = above.cause) {
    seen.add(above)
    if (!(above.cause instanceof CancelledError)) continue
    above.cause = timeoutError(caller, delay, above.cause)
    return
  }
}
