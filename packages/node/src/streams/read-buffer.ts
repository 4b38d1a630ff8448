import { type EventLoop, RuntimeError } from '@spindle/loop'
import { currentLoop, HostFuture, repr } from '@spindle/loop/internal'
import { getEventLoop } from '@spindle/task'
import { ByteBuffer } from './byte-buffer.ts'
import { IncompleteReadError, LimitOverrunError } from './read-errors.ts'
import { NEWLINE, Search } from './search.ts'

/** The source that a `StreamReader` pauses when its buffer is full. asyncio: a transport. */
export interface ReadingTransport {
  pauseReading(): void
  resumeReading(): void
}

const NOTHING = Buffer.alloc(0)

/** The data that a `StreamReader` has received and not returned yet, and the waiter for more. */
export class ReadBuffer {
  readonly limit: number
  readonly #bytes = new ByteBuffer()
  #hasEnded = false
  // The last error caused by the other end: it sent too little, or too much.
  #thrown: Error | undefined
  #exception: { readonly error: unknown } | undefined
  /** Is paused while twice the limit is unread. */
  transport: ReadingTransport | undefined
  /** Whether a stream of Node or the web feeds it, which no blocking run can do. */
  isFedByHost = false
  #paused = false
  // Once it is cancelled, there is none.
  #waiter: HostFuture<never> | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  feedData(data: Uint8Array): void {
    if (this.#hasEnded) throw new RuntimeError('feedData after feedEof')
    if (data.length === 0) return
    this.#bytes.append(Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    this.#wakeUp()
    if (this.#paused || this.#bytes.length <= 2 * this.limit) return
    this.#paused = this.transport !== undefined
    this.transport?.pauseReading()
  }

  feedEof(): void {
    this.#hasEnded = true
    this.#wakeUp()
  }

  setException(error: unknown): void {
    this.#exception = { error }
    this.#wakeUp()
  }

  get exception(): unknown {
    return this.#exception?.error
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get length(): number {
    return this.#bytes.length
  }

  // Each of these returns undefined as long as too little has arrived.

  takeSome(count: number): Buffer | undefined {
    checkSize(count, 'read')
    if (count === 0) return NOTHING
    if (this.#bytes.length === 0) this.#check()
    return this.#bytes.length > 0 || this.#hasEnded ? this.#take(count) : undefined
  }

  takeExactly(count: number): Buffer | undefined {
    checkSize(count, 'readExactly')
    if (count < 0) throw new RangeError('readExactly size can not be less than zero')
    if (this.#bytes.length >= count) return this.#take(count)
    this.#check()
    if (this.#hasEnded) throw this.#endedEarly(count)
    return undefined
  }

  takeUntil(search: Search): Buffer | undefined {
    const found = search.in(this.#bytes)
    if (found === undefined) {
      if (search.offset > this.limit) {
        throw this.#tooLong('Separator is not found, and chunk exceed the limit', search.offset)
      }
      this.#check()
      if (this.#hasEnded) throw this.#endedEarly(undefined)
      return undefined
    }
    if (found.start > this.limit) {
      throw this.#tooLong('Separator is found, but chunk is longer than limit', found.start)
    }
    return this.#take(found.end)
  }

  takeLine(search: Search): Buffer | undefined {
    try {
      return this.takeUntil(search)
    } catch (error) {
      if (error instanceof IncompleteReadError) return error.partial
      if (!(error instanceof LimitOverrunError)) throw error
      if (this.#bytes.startsWith(NEWLINE, error.consumed)) this.#bytes.take(error.consumed + 1)
      else this.#bytes.clear()
      this.#maybeResume()
      throw this.noted(new RangeError(error.message))
    }
  }

  takeUnread(): Buffer {
    this.#paused = false // the stream has another owner
    return this.#bytes.take(this.#bytes.length)
  }

  prepend(blocks: readonly Buffer[]): void {
    this.#bytes.prepend(blocks)
  }

  /** A line for plain async code. */
  async lineInPromise(): Promise<Buffer> {
    const search = new Search(NEWLINE)
    for (;;) {
      const line = this.takeLine(search)
      if (line !== undefined) return line
      await this.dataAvailable('for await', getEventLoop())
    }
  }

  /** Done when something has arrived. */
  dataAvailable(operation: string, loop: EventLoop = currentLoop()): HostFuture<never> {
    if (this.#isAwaited) {
      const caller = operation.replace('StreamReader.', '')
      throw new RuntimeError(`${caller} called while another coroutine is already waiting for incoming data`)
    }
    this.#resume() // or a reader of more than the limit would wait forever
    this.#waiter = new HostFuture<never>(operation, undefined, loop, this.isFedByHost || !loop.blocking)
    return this.#waiter
  }

  get waitingLoop(): EventLoop | undefined {
    return this.#isAwaited ? this.#waiter?.getLoop() : undefined
  }

  noted<E extends Error>(error: E): E {
    this.#thrown = error
    return error
  }

  isSourceOf(error: unknown): boolean {
    return error !== undefined && (error === this.#thrown || error === this.#exception?.error)
  }

  describe(defaultLimit: number): string {
    const info = ['StreamReader']
    if (this.#bytes.length > 0) info.push(`${this.#bytes.length} bytes`)
    if (this.#hasEnded) info.push('eof')
    if (this.limit !== defaultLimit) info.push(`limit=${this.limit}`)
    if (this.#isAwaited) info.push(`waiter=${this.#waiter}`)
    if (this.#exception !== undefined) info.push(`exception=${repr(this.#exception.error)}`)
    if (this.#paused) info.push('paused')
    return `<${info.join(' ')}>`
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.take(count)
    this.#maybeResume()
    return taken
  }

  #endedEarly(expected: number | undefined): IncompleteReadError {
    return this.noted(new IncompleteReadError(this.#bytes.take(this.#bytes.length), expected))
  }

  #tooLong(message: string, consumed: number): LimitOverrunError {
    const text = `${message}: more than ${this.limit} bytes, see the option \`limit\``
    return this.noted(new LimitOverrunError(text, consumed))
  }

  get #isAwaited(): boolean {
    return this.#waiter?.done() === false
  }

  #wakeUp(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve(undefined as never) // the result does not matter
  }

  #maybeResume(): void {
    if (this.#bytes.length <= this.limit) this.#resume()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.transport?.resumeReading()
  }

  #check(): void {
    if (this.#exception !== undefined) throw this.#exception.error
  }
}

export function checkSize(count: number, operation: string): void {
  if (Number.isInteger(count) || count === Number.POSITIVE_INFINITY) return
  throw new RangeError(`${operation} size must be a whole number, got ${repr(count)}`)
}
