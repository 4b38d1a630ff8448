// Stand-ins for the world outside of a program. The schedule of `explore()` chooses their behaviour, tries it and
// shrinks it; elsewhere they behave ordinarily.

import { Duplex } from 'node:stream'
import { checkOptions, repr } from 'spindle/internal'
import { checkValues, is, isCount, isRange, oneOf } from './explore/check-values.ts'
import { type Entropy, entropyHere } from './schedule/entropy.ts'

/** How a simulated connection behaves. */
export interface SimulateNetworkOptions {
  /** How many ms each write takes to arrive, in order: a number, or the limits of a range. @default 0 */
  readonly latency?: number | readonly [low: number, high: number] | undefined
  /** How a write arrives: `whole`; in pieces of at most this number of bytes, or of `any` size. @default 'whole' */
  readonly chunk?: 'whole' | 'any' | number | undefined
  /**
   * Whether the connection breaks: `sometimes`, after one of the first pieces; or after this number of pieces. Both
   * ends get an error with the code `ECONNRESET`.
   * @default 'never'
   */
  readonly cut?: 'never' | 'sometimes' | number | undefined
  /** How many bytes may be in flight or unread in one direction before a write has to wait. @default 65536 */
  readonly highWaterMark?: number | undefined
}

/** How a simulated call behaves. */
export interface SimulateCallOptions {
  /** How many ms it takes: a number, or the limits of a range. @default 0 */
  readonly takes?: number | readonly [low: number, high: number] | undefined
  /** Whether it fails: `sometimes`, before `fn` is called. @default 'never' */
  readonly fails?: 'never' | 'sometimes' | undefined
}

/** Stand-ins for the outside world, for tests. */
export const simulate: {
  /**
   * Creates a connection in memory. Both ends are streams of Node, for any library that takes a socket or a stream;
   * `setTimeout` is a socket's; `setNoDelay`, `setKeepAlive`, `ref` and `unref` exist, and do nothing.
   * `StreamReader.from` and `StreamWriter.from` read and write them. Inside `explore()` it lives in virtual time.
   * @throws RangeError or TypeError if an option is wrong
   *
   * @example
   * ```ts
   * import { explore } from '@spindle/testing'
   * import { simulate } from '@spindle/testing/simulate'
   * import type { Coroutine } from 'spindle'
   * import { StreamReader } from 'spindle/node'
   *
   * function* main(): Coroutine<void> {
   *   const [here, there] = simulate.network({ latency: [1, 50], chunk: 'any' })
   *   there.end('hello\nworld\n')
   *   const line = String(yield* StreamReader.from(here).read(100)) // a line? as much as has come
   *   if (line !== 'hello\nworld\n') throw new Error(`got ${JSON.stringify(line)}`)
   * }
   * const error = await explore(main, { cancel: 'never' }).catch((thrown) => thrown)
   * console.log(error.message.split('\n')[1])
   * // prints:   when a piece of length …
   * ```
   */
  network(options?: SimulateNetworkOptions): [here: Duplex, there: Duplex]
  /**
   * Stands for a call to the outside. Returns an async function that takes a while and may fail, and otherwise returns
   * the result of `fn`. `explore` tries other times and failures.
   * @throws RangeError or TypeError if an option is wrong
   *
   * @example
   * ```ts
   * import { explore } from '@spindle/testing'
   * import { simulate } from '@spindle/testing/simulate'
   *
   * async function main(): Promise<void> {
   *   const load = simulate.call((id: number) => `user ${id}`, { takes: [1, 50], fails: 'sometimes' })
   *   const users = await Promise.all([load(1), load(2)])
   *   if (users.length !== 2) throw new Error('a user is missing')
   * }
   * const error = await explore(main).catch((thrown) => thrown)
   * console.log(error.message.split('\n')[0])
   * // prints: the program throws Error: the simulated call has failed
   * ```
   */
  call<A extends readonly unknown[], R>(
    fn: (...args: A) => R | PromiseLike<R>,
    options?: SimulateCallOptions,
  ): (...args: A) => Promise<R>
} = { network, call: simulatedCall }

const MAX_CUT = 8 // this many pieces may arrive before the connection breaks
const DEFAULT_HIGH_WATER_MARK = 2 ** 16

function network(options: SimulateNetworkOptions = {}): [here: Duplex, there: Duplex] {
  checkOptions('simulate.network()', options, ['latency', 'chunk', 'cut', 'highWaterMark'])
  const plan = planOf(options)
  const [here, there] = [new End(plan), new End(plan)]
  here.other = there
  there.other = here
  return [here, there]
}

function simulatedCall<A extends readonly unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  options: SimulateCallOptions = {},
): (...args: A) => Promise<R> {
  if (typeof fn !== 'function') throw new TypeError(`simulate.call() takes a function, got ${repr(fn)}`)
  checkOptions('simulate.call()', options, ['takes', 'fails'])
  const { takes = 0, fails = 'never' } = options
  const [low, high] = rangeOf('takes', takes)
  checkValues(options, { fails: oneOf('never', 'sometimes') })
  return async (...args) => {
    const entropy = entropyHere()
    const ms = low === high ? low : entropy.duration(low, high)
    const isFailure = fails === 'sometimes' && entropy.choose(2, () => 'the simulated call fails') === 1
    if (ms > 0) await new Promise<void>((resolve) => void setTimeout(resolve, ms))
    if (isFailure) throw new Error('the simulated call has failed')
    return fn(...args)
  }
}

function rangeOf(name: string, given: number | readonly [low: number, high: number]): readonly [number, number] {
  const [low, high] = typeof given === 'number' ? [given, given] : given
  if (isRange(low, high)) return [low, high]
  throw new RangeError(`${name} must be a number of ms >= 0, or two in order, got ${repr(given)}`)
}

/** The validated options. */
interface Plan {
  readonly low: number
  readonly high: number
  readonly chunk: 'whole' | 'any' | number
  readonly cut: 'never' | 'sometimes' | number
  readonly highWaterMark: number
  readonly entropy: Entropy
}

function planOf(options: SimulateNetworkOptions): Plan {
  const { latency = 0, chunk = 'whole', cut = 'never', highWaterMark = DEFAULT_HIGH_WATER_MARK } = options
  const [low, high] = rangeOf('latency', latency)
  checkValues(options, {
    chunk: is(
      "'whole', 'any' or an integer > 0",
      (value) => value === 'whole' || value === 'any' || isCount.fits(value),
    ),
    cut: is(
      "'never', 'sometimes' or an integer >= 0",
      (value) => value === 0 || value === 'never' || value === 'sometimes' || isCount.fits(value),
    ),
    highWaterMark: isCount,
  })
  return { low, high, chunk, cut, highWaterMark, entropy: entropyHere() }
}

// Libraries call them. In memory there is nothing to set.
const METHODS_OF_SOCKETS = ['setNoDelay', 'setKeepAlive', 'ref', 'unref']

/** One end of a simulated connection. What is written to it arrives at the other end. */
class End extends Duplex {
  other!: End
  readonly #plan: Plan
  /** The bytes that were written and have not arrived, in order; null is the end. */
  readonly #parcels: { readonly bytes: Uint8Array | null; readonly at: number }[] = []
  #inFlight = 0
  #lastAt = 0
  #isComing = false
  #hasEnded = false
  // Whether the other end has to read before it takes more.
  #isFull = false
  // Lets the next write come, which waits until less is in flight.
  #resume: (() => void) | undefined
  #idleTimer: ReturnType<typeof setTimeout> | undefined
  /** How many pieces may still arrive before the connection breaks. */
  #piecesLeft: number

  constructor(plan: Plan) {
    super({ highWaterMark: plan.highWaterMark })
    this.#plan = plan
    this.#piecesLeft = this.#chooseCut()
    for (const name of METHODS_OF_SOCKETS) Object.defineProperty(this, name, { value: () => this })
  }

  /** As of a socket: emits `timeout` when nothing was sent or received for this long; 0 stops that. */
  setTimeout(ms: number, listener?: () => void): this {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = ms > 0 ? setTimeout(() => this.emit('timeout'), ms) : undefined
    if (listener === undefined) return this
    return ms > 0 ? this.once('timeout', listener) : this.off('timeout', listener)
  }

  override _write(data: Uint8Array, _encoding: string, done: () => void): void {
    this.#idleTimer?.refresh()
    for (let from = 0; from < data.length; ) {
      const length = this.#lengthOf(data.length - from)
      this.#send(data.subarray(from, from + length))
      from += length
    }
    if (this.#inFlight < this.#plan.highWaterMark) done()
    else this.#resume = done
  }

  override _final(done: () => void): void {
    this.#send(null)
    done()
  }

  override _read(): void {
    this.other.#isFull = false
    this.other.#schedule()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = undefined
    this.#parcels.length = 0
    this.#deliver(null)
    done(error)
  }

  /** The length of the next piece. */
  #lengthOf(left: number): number {
    const { chunk, entropy } = this.#plan
    if (chunk === 'whole') return left
    return chunk === 'any'
      ? entropy.choose(left, (length) => `a piece of length ${length} arrives`) || left
      : Math.min(chunk, left)
  }

  #send(bytes: Uint8Array | null): void {
    const { low, high, entropy } = this.#plan
    const latency = low === high ? low : entropy.duration(low, high)
    this.#lastAt = Math.max(this.#lastAt, performance.now() + latency)
    this.#parcels.push({ bytes, at: this.#lastAt })
    this.#inFlight += bytes?.length ?? 0
    this.#schedule()
  }

  #schedule(): void {
    const [first] = this.#parcels
    if (this.#isComing || first === undefined || this.#isFull) return
    this.#isComing = true
    const after = first.at - performance.now()
    const arrive = (): void => this.#arrive(first.bytes)
    if (after > 0) setTimeout(arrive, after)
    else setImmediate(arrive)
  }

  #arrive(bytes: Uint8Array | null): void {
    this.#isComing = false
    if (this.destroyed) return
    this.#parcels.shift()
    if (bytes !== null && this.#piecesLeft-- <= 0) {
      for (const end of [this.other, this]) end.destroy(resetError())
      return
    }
    this.#inFlight -= bytes?.length ?? 0
    this.#deliver(bytes)
    this.#schedule()
    if (this.#inFlight >= this.#plan.highWaterMark) return
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  #deliver(bytes: Uint8Array | null): void {
    if (this.#hasEnded || this.other.destroyed) return
    this.other.#idleTimer?.refresh()
    this.#hasEnded = bytes === null
    this.#isFull = true // until it asks for more, which it may do at once
    if (this.other.push(bytes)) this.#isFull = false
  }

  #chooseCut(): number {
    const { cut, entropy } = this.#plan
    if (typeof cut === 'number') return cut
    const meaning = (chosen: number): string => `the connection breaks after pieces: ${chosen - 1}`
    const chosen = cut === 'never' ? 0 : entropy.choose(MAX_CUT + 1, meaning)
    return chosen === 0 ? Number.POSITIVE_INFINITY : chosen - 1
  }
}

function resetError(): Error {
  return Object.assign(new Error('Connection lost'), { code: 'ECONNRESET' })
}
