// The states of a Barrier:
//
//   filling ── the last party has come ──▶ draining ── the last has left ──▶ filling
//      │                                       │
//      └────────────── reset() ────────────────┴──▶ resetting ── the last has left ──▶ filling
//   abort(), from anywhere ──▶ broken ── reset() ──▶ resetting, or filling if no Task is inside
//
// A Task that arrives while the Barrier drains or resets waits outside until it fills again.

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { brandError, className, repr } from '@spindle/loop/internal'
import { Condition } from './condition.ts'
import { LoopBound } from './loop-bound.ts'

/** A Barrier was aborted or reset while a Task waited, or is broken. asyncio: `asyncio.BrokenBarrierError`. */
export class BrokenBarrierError extends RuntimeError {
  static {
    brandError(this, 'BrokenBarrierError')
  }
}

type State = 'filling' | 'draining' | 'resetting' | 'broken'

/**
 * Lets a fixed number of Tasks wait for each other: when the last one arrives, all continue. Then the next round
 * begins. asyncio: `asyncio.Barrier`.
 *
 * @example
 * ```ts
 * const start = new Barrier(2)
 * function* runner(name: string, delay: number): Coroutine<void> {
 *   yield* sleep(delay)
 *   console.log(name, 'is ready')
 *   yield* start.wait()
 *   console.log(name, 'runs')
 * }
 * function* main(): Coroutine<void> {
 *   yield* gather([runner('Ann', 10), runner('Bob', 20)])
 * }
 * await run(main())
 * // prints: Ann is ready
 * // prints: Bob is ready
 * // prints: Bob runs
 * // prints: Ann runs
 * ```
 */
export class Barrier extends LoopBound {
  /** @internal */
  static readonly className: string = 'Barrier'

  readonly #parties: number
  readonly #changed: Condition
  #state: State
  // How many Tasks are inside: waiting, or about to leave.
  #count: number

  /**
   * @param parties how many Tasks wait for each other
   * @throws RangeError if it is less than 1 or not an integer
   */
  constructor(parties: number) {
    if (typeof parties !== 'number') throw new TypeError(`parties must be a number, got ${repr(parties)}`)
    if (parties < 1) throw new RangeError('parties must be >= 1')
    if (!Number.isInteger(parties)) throw new RangeError(`parties must be an integer, got ${parties}`)
    super()
    this.#parties = parties
    this.#changed = new Condition(undefined, this)
    this.#state = 'filling'
    this.#count = 0
  }

  get parties(): number {
    return this.#parties
  }

  /** How many Tasks wait at this moment. */
  get nWaiting(): number {
    return this.#state === 'filling' ? this.#count : 0
  }

  /** Whether it was aborted. */
  get broken(): boolean {
    return this.#state === 'broken'
  }

  /**
   * Waits until as many Tasks have arrived as the Barrier has parties. Each Task receives a different number from 0 to
   * `parties - 1`, so that one of them, 0, can do any work that is needed once. If the caller is cancelled while
   * waiting, its place is free again. asyncio: `barrier.wait`, `async with barrier`.
   * @throws BrokenBarrierError if the Barrier is broken, or is aborted or reset during the wait
   */
  *wait(): Coroutine<number> {
    yield* this.#changed.acquire()
    try {
      yield* this.#untilFilling()
      try {
        const index = this.#count++
        if (this.#count === this.#parties) this.#drain()
        else yield* this.#untilDraining()
        return index
      } finally {
        this.#count--
        this.#leave()
      }
    } finally {
      this.#changed.release()
    }
  }

  /**
   * Resets the barrier. Its waiters receive a BrokenBarrierError; a broken barrier works again. asyncio:
   * `barrier.reset`.
   */
  *reset(): Coroutine<void> {
    yield* this.#changed.acquire()
    this.#end(this.#count > 0 ? 'resetting' : 'filling')
  }

  /**
   * Breaks the barrier: Tasks that wait, now or later, receive a BrokenBarrierError until it is reset. asyncio:
   * `barrier.abort`.
   */
  *abort(): Coroutine<void> {
    yield* this.#changed.acquire()
    this.#end('broken')
  }

  override toString(): string {
    const waiters = this.broken ? '' : `, waiters:${this.nWaiting}/${this.#parties}`
    return `<${className(this)} [${this.#state}${waiters}]>`
  }

  #end(state: State): void {
    this.#state = state
    this.#changed.notifyAll()
    this.#changed.release()
  }

  *#untilFilling(): Coroutine<void> {
    yield* this.#changed.waitFor(() => this.#state !== 'draining' && this.#state !== 'resetting')
    if (this.#state === 'broken') throw new BrokenBarrierError('Barrier aborted')
  }

  #drain(): void {
    this.#state = 'draining'
    this.#changed.notifyAll()
  }

  *#untilDraining(): Coroutine<void> {
    yield* this.#changed.waitFor(() => this.#state !== 'filling')
    if (this.#state !== 'draining') throw new BrokenBarrierError('Abort or reset of barrier')
  }

  #leave(): void {
    if (this.#count > 0) return
    if (this.#state === 'resetting' || this.#state === 'draining') this.#state = 'filling'
    this.#changed.notifyAll() // Tasks may wait outside
  }
}
