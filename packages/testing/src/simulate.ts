// Streams for tests: in memory, in virtual time, and as unreliable as a network. Their behaviour comes from the
// schedule of `explore()`, so that it is tried and shrunk with the rest; elsewhere from a seed.

import { type Coroutine, type EventLoop, getRunningLoop } from 'spindle'
import { checkOptions, HostFuture, repr } from 'spindle/internal'
import { StreamReader, StreamWriter } from 'spindle/node'
import type { StreamReaderOptions, WritingTransport } from 'spindle/node/types'
import { type Entropy, entropyHere } from './explore/entropy.ts'
import { seededRandom } from './explore/random.ts'

/** How a simulated stream behaves. */
export interface SimulateStreamOptions extends StreamReaderOptions {
  /** How many ms each write takes to arrive, in order: a number, or the limits of a range. @default 0 */
  readonly latency?: number | readonly [low: number, high: number] | undefined
  /** How a write arrives: `whole`; in pieces of so many bytes at most; or in pieces of `any` size. @default 'whole' */
  readonly chunk?: 'whole' | 'any' | number | undefined
  /**
   * Whether the connection breaks: `sometimes`, after one of the first pieces; or after so many bytes. Both ends get an
   * error with the code `ECONNRESET`.
   * @default 'never'
   */
  readonly cut?: 'never' | 'sometimes' | number | undefined
  /** How many bytes may be in flight or unread before `drain()` waits. @default 65536 */
  readonly highWaterMark?: number | undefined
  /**
   * The seed of random choices outside `explore()`.
   * @default the ordinary behaviour: the least latency, whole, not cut
   */
  readonly seed?: number | undefined
}

/** How a simulated call behaves. */
export interface SimulateCallOptions {
  /** How many ms it takes: a number, or the limits of a range. @default 0 */
  readonly takes?: number | readonly [low: number, high: number] | undefined
  /** Whether it fails: `sometimes`, before `fn` is called. @default 'never' */
  readonly fails?: 'never' | 'sometimes' | undefined
}

/** Both ends of a stream: data written to the writer arrives at the reader. */
export interface SimulatedStream {
  readonly reader: StreamReader
  readonly writer: StreamWriter
}

/** Stand-ins for the outside world, for tests. */
export const simulate: {
  /**
   * Creates a stream in memory. Must be called while a loop runs; the stream belongs to that loop.
   * @throws RangeError or TypeError if an option is wrong; RuntimeError if no loop is running
   *
   * @example
   * ```ts
   * import { explore } from '@spindle/testing'
   * import { simulate } from '@spindle/testing/simulate'
   * import { createTask, type Coroutine } from 'spindle'
   *
   * function* main(): Coroutine<void> {
   *   const { reader, writer } = simulate.stream({ latency: [1, 50], chunk: 'any' })
   *   createTask(function* send() {
   *     writer.write('hello\nworld\n')
   *     yield* writer.drain()
   *     writer.close()
   *   })
   *   const line = String(yield* reader.read(100)) // a line? as much as has come
   *   if (line !== 'hello\nworld\n') throw new Error(`got ${JSON.stringify(line)}`)
   * }
   * const error = await explore(main, { cancel: 'never' }).catch((thrown) => thrown)
   * console.log(error.message.split(':')[0])
   * // prints: step 1 of `main/1` picks possibility …
   * ```
   */
  stream(options?: SimulateStreamOptions): SimulatedStream
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
   * // prints: … the program throws Error the simulated call has failed
   * ```
   */
  call<A extends readonly unknown[], R>(
    fn: (...args: A) => R | PromiseLike<R>,
    options?: SimulateCallOptions,
  ): (...args: A) => Promise<R>
} = { stream, call: simulatedCall }

const MAX_CUT = 8 // this many pieces may arrive before the connection breaks
const DEFAULT_HIGH_WATER_MARK = 2 ** 16

function stream(options: SimulateStreamOptions = {}): SimulatedStream {
  checkOptions('simulate.stream()', options, ['latency', 'chunk', 'cut', 'highWaterMark', 'seed', 'limit', 'maxBytes'])
  const reader = new StreamReader({ limit: options.limit, maxBytes: options.maxBytes })
  const pipe = new SimulatedPipe(reader, planOf(options))
  reader.setTransport(pipe)
  return { reader, writer: new StreamWriter(pipe) }
}

function simulatedCall<A extends readonly unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  options: SimulateCallOptions = {},
): (...args: A) => Promise<R> {
  checkOptions('simulate.call()', options, ['takes', 'fails'])
  const { takes = 0, fails = 'never' } = options
  const [low, high] = rangeOf('takes', takes)
  if (fails !== 'never' && fails !== 'sometimes') {
    throw new TypeError(`fails must be 'never' or 'sometimes', got ${repr(fails)}`)
  }
  return async (...args) => {
    const entropy = entropyHere()
    const ms = entropy === undefined || low === high ? low : entropy.duration(low, high)
    const isFailure = fails === 'sometimes' && entropy?.choose(2) === 1
    if (ms > 0) await new Promise<void>((resolve) => void setTimeout(resolve, ms))
    if (isFailure) throw new Error('the simulated call has failed')
    return fn(...args)
  }
}

function rangeOf(name: string, given: number | readonly [low: number, high: number]): readonly [number, number] {
  const [low, high] = typeof given === 'number' ? [given, given] : given
  if (low >= 0 && high >= low && high < Number.POSITIVE_INFINITY) return [low, high]
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

function planOf(options: SimulateStreamOptions): Plan {
  const { latency = 0, chunk = 'whole', cut = 'never', highWaterMark = DEFAULT_HIGH_WATER_MARK, seed } = options
  const [low, high] = rangeOf('latency', latency)
  if (chunk !== 'whole' && chunk !== 'any' && !isCount(chunk, 1)) {
    throw new RangeError(`chunk must be 'whole', 'any' or an integer > 0, got ${repr(chunk)}`)
  }
  if (cut !== 'never' && cut !== 'sometimes' && !isCount(cut, 0)) {
    throw new RangeError(`cut must be 'never', 'sometimes' or an integer >= 0, got ${repr(cut)}`)
  }
  if (!isCount(highWaterMark, 1))
    throw new RangeError(`highWaterMark must be an integer > 0, got ${repr(highWaterMark)}`)
  if (seed !== undefined && !Number.isInteger(seed)) throw new RangeError(`seed must be an integer, got ${repr(seed)}`)
  return { low, high, chunk, cut, highWaterMark, entropy: entropyHere() ?? entropyOf(seed) }
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least
}

function entropyOf(seed: number | undefined): Entropy {
  if (seed === undefined) return { duration: (low) => low, choose: () => 0 }
  const random = seededRandom(seed)
  return {
    duration: (low, high) => low + random() * (high - low),
    choose: (count) => Math.floor(random() * count),
  }
}

/** Something in flight: bytes, or the end. */
interface Parcel {
  readonly bytes: Uint8Array | undefined
  readonly at: number
}

/** The connection between a writer and a reader: the part of Node's streams that a `StreamWriter` uses. */
class SimulatedPipe implements WritingTransport {
  readonly isSimulated = true
  isClosing = false
  isClosed = false
  // The part of Node's stream interface that StreamWriter uses.
  readonly stream: object
  readonly reader: StreamReader
  readonly #loop: EventLoop = getRunningLoop()
  readonly #plan: Plan
  /** Data that was written and has not arrived yet, in order. */
  readonly #parcels: Parcel[] = []
  readonly #drained = new Set<HostFuture<void>>()
  readonly #ended = new Set<HostFuture<void>>()
  /** How many bytes or pieces may still arrive before it breaks. */
  #bytesLeft = Number.POSITIVE_INFINITY
  #piecesLeft = Number.POSITIVE_INFINITY
  #hasChosen = false
  #onTheWay = 0
  #lastAt = 0
  #timer: { cancel(): void } | undefined
  #paused = false
  #lost: Error | undefined
  // The error that broke the stream, if it was not closed.
  #failure: Error | undefined

  constructor(reader: StreamReader, plan: Plan) {
    this.reader = reader
    this.#plan = plan
    const pipe = this
    this.stream = {
      constructor: { name: 'simulated' },
      write: (data: string | Uint8Array) => this.#write(typeof data === 'string' ? Buffer.from(data) : data),
      end: () => this.#send(undefined),
      cork() {},
      uncork() {},
      writableEnded: false, // StreamWriter keeps this itself
      get writableNeedDrain() {
        return pipe.#isFull
      },
      get destroyed() {
        return pipe.isClosed
      },
    }
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  lost(): Error {
    this.#lost ??= Object.assign(new Error('Connection lost'), { code: 'ECONNRESET' })
    return this.#lost
  }

  isSourceOf(error: unknown): boolean {
    return error !== undefined && error === this.#lost
  }

  *drained(): Coroutine<void> {
    yield* this.#waitAmong(this.#drained, 'StreamWriter.drain()')
  }

  *ended(): Coroutine<void> {
    yield* this.#waitAmong(this.#ended, 'StreamWriter.waitClosed()')
  }

  close(): void {
    if (this.isClosing) return
    this.isClosing = true
    this.#send(undefined)
  }

  abort(): void {
    this.isClosing = true
    this.#parcels.length = 0
    this.#onTheWay = 0
    this.#timer?.cancel()
    this.#end()
  }

  pauseReading(): void {
    this.#paused = true
  }

  resumeReading(): void {
    this.#paused = false
    this.#schedule()
  }

  get #isFull(): boolean {
    return !this.isClosed && this.#onTheWay >= this.#plan.highWaterMark
  }

  #write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#chooseCut()
    let from = 0
    while (from < bytes.length) {
      const length = this.#lengthOf(bytes.length - from)
      this.#send(bytes.slice(from, from + length))
      from += length
    }
  }

  #chooseCut(): void {
    const { cut, entropy } = this.#plan
    if (this.#hasChosen) return
    this.#hasChosen = true
    if (typeof cut === 'number') this.#bytesLeft = cut
    else if (cut === 'sometimes') {
      const pieces = entropy.choose(MAX_CUT + 1)
      if (pieces > 0) this.#piecesLeft = pieces - 1
    }
  }

  /** The length of the next piece. */
  #lengthOf(left: number): number {
    const { chunk, entropy } = this.#plan
    if (chunk === 'whole') return left
    if (chunk === 'any') return entropy.choose(left) || left
    return Math.min(chunk, left)
  }

  #send(bytes: Uint8Array | undefined): void {
    const { low, high, entropy } = this.#plan
    const latency = low === high ? low : entropy.duration(low, high)
    this.#lastAt = Math.max(this.#lastAt, this.#loop.time() + latency)
    this.#parcels.push({ bytes, at: this.#lastAt })
    this.#onTheWay += bytes?.length ?? 0
    if (this.#parcels.length === 1) this.#schedule()
  }

  #schedule(): void {
    this.#timer?.cancel()
    const [first] = this.#parcels
    if (first === undefined || this.#paused || this.isClosed) return
    this.#timer = this.#loop.callAt(first.at, () => this.#arrive())
  }

  /** Delivers due data, one piece per iteration, so that the reader can take it before the next piece. */
  #arrive(): void {
    const parcel = this.#parcels.shift()
    if (parcel === undefined) return
    const { bytes } = parcel
    if (bytes === undefined) {
      this.reader.feedEof()
      if (this.isClosing) this.#end()
    } else {
      this.#onTheWay -= bytes.length
      const whole = Math.min(bytes.length, this.#bytesLeft)
      if (this.#piecesLeft-- <= 0 || whole < bytes.length) {
        if (this.#piecesLeft >= 0) this.reader.feedData(bytes.slice(0, whole))
        return this.#break()
      }
      this.#bytesLeft -= whole
      this.reader.feedData(bytes)
      if (!this.#isFull) this.#settle(this.#drained)
    }
    this.#schedule()
  }

  #break(): void {
    const error = this.lost()
    this.#failure = error
    this.#parcels.length = 0
    this.#onTheWay = 0
    this.isClosing = true
    this.isClosed = true
    this.reader.setException(error)
    this.#settle(this.#drained, error)
    this.#settle(this.#ended, error)
  }

  #end(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.reader.feedEof()
    this.#settle(this.#drained, this.lost())
    this.#settle(this.#ended)
  }

  #waitAmong(waiting: Set<HostFuture<void>>, label: string): HostFuture<void> {
    const future = new HostFuture<void>(label, () => waiting.delete(future), this.#loop, false)
    waiting.add(future)
    return future
  }

  #settle(waiting: Set<HostFuture<void>>, error?: Error): void {
    for (const future of waiting) {
      if (error === undefined) future.resolve()
      else future.reject(error)
    }
    waiting.clear()
  }
}
