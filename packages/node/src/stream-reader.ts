import { type Coroutine, type EventLoop, RuntimeError } from '@spindle/loop'
import {
  ambient,
  BrandedError,
  brandError,
  checkOptions,
  HostFuture,
  inspectSymbol,
  repr,
} from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator, sleep, type Task } from '@spindle/task'
import { ByteBuffer } from './byte-buffer.ts'
import { type ReadMode, ReadOperation } from './read-operation.ts'
import { Search } from './search.ts'
import { type ReadableSource, readableOf, StreamTransport } from './stream-transport.ts'

/** The stream ended before the requested data had arrived. asyncio: `asyncio.IncompleteReadError`. */
export class IncompleteReadError extends BrandedError {
  /** The bytes that were read before the end. */
  readonly partial: Buffer
  /** The number of requested bytes; undefined: up to a separator. */
  readonly expected: number | undefined

  constructor(partial: Buffer, expected: number | undefined) {
    super(`${partial.length} bytes read on a total of ${expected ?? 'undefined'} expected bytes`)
    this.partial = partial
    this.expected = expected
  }
}

/**
 * A separator was not found within the limit. What was read stays in the buffer. asyncio: `asyncio.LimitOverrunError`.
 */
export class LimitOverrunError extends BrandedError {
  /** How many bytes can be taken out that hold no separator. */
  readonly consumed: number

  constructor(message: string, consumed: number) {
    super(message)
    this.consumed = consumed
  }
}

brandError(IncompleteReadError, 'IncompleteReadError')
brandError(LimitOverrunError, 'LimitOverrunError')

export const READER_OPTIONS: readonly string[] = ['limit', 'maxBytes']

/** For callers that create the reader only with a connection or a process: too late to refuse limits. */
export function checkReaderLimits({ limit = DEFAULT_LIMIT, maxBytes = DEFAULT_MAX_BYTES }: StreamReaderOptions): void {
  if (!(limit > 0)) throw new RangeError('Limit cannot be <= 0')
  if (!(maxBytes > 0)) throw new RangeError(`maxBytes must be > 0, got ${repr(maxBytes)}`)
}

/** How a stream is read. */
export interface StreamReaderOptions {
  /**
   * How many bytes a line may have. With twice as many unread the sender is held back.
   * @default 65536
   */
  readonly limit?: number | undefined
  /**
   * How many bytes `read()` without a count may return. More than that is a `LimitOverrunError`, before memory runs
   * out.
   * @default 268_435_456 (256 MiB)
   */
  readonly maxBytes?: number | undefined
}

/** How `StreamReader.from` reads a stream. */
export interface StreamReaderFromOptions extends StreamReaderOptions {
  /**
   * Whether the stream belongs to the reader, which then closes it: on `close()` or `using`, when `forEach` or
   * `for await` leaves it, when the Task that called `from` ends cancelled or with an exception, and when the loop
   * closes.
   * @default true, except for `process.stdin`
   */
  readonly owned?: boolean | undefined
}

/** The source that a `StreamReader` pauses when its buffer is full. asyncio: a transport. */
export interface ReadingTransport {
  pauseReading(): void
  resumeReading(): void
  /** Whether what comes is made up in the loop, as in tests. @default false */
  readonly isSimulated?: boolean | undefined
}

const DEFAULT_LIMIT = 2 ** 16
const DEFAULT_MAX_BYTES = 2 ** 28
const LINES_PER_TURN = 100
const NEWLINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)

/**
 * Reads bytes as they arrive, from a connection, a subprocess or, by `StreamReader.from`, any stream of Node or the
 * web. One Task reads at a time. If the caller is cancelled while waiting, nothing is lost: what has arrived is there
 * for the next read. `forEach` and `for await` iterate over its lines. asyncio: `asyncio.StreamReader`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const reader = new StreamReader()
 *   reader.feedData(Buffer.from('one line\nand 4 bytes'))
 *   reader.feedEof()
 *   console.log(String(yield* reader.readLine()).trim()) // prints: one line
 *   console.log(String(yield* reader.readExactly(3))) // prints: and
 *   console.log(String(yield* reader.read())) // prints:  4 bytes
 *   console.log(reader.atEof()) // prints: true
 * }
 * await run(main())
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface below only names a method that the class has
export class StreamReader implements AsyncIterable<Buffer> {
  readonly #limit: number
  readonly #maxBytes: number
  readonly #buffer = new ByteBuffer()
  #hasEnded = false
  // The last error caused by the other end: it sent too little, or too much.
  #thrown: Error | undefined
  #exception: { readonly error: unknown } | undefined
  #transport: ReadingTransport | undefined
  #paused = false
  // The stream of `from`, until it is closed.
  #owned: StreamTransport | undefined
  // The waiter for data: a Task, or a promise of `for await`. Once it is cancelled, there is none.
  #waiter: HostFuture<never> | undefined
  #wake: (() => void) | undefined

  /** @throws RangeError if the limit is not above 0 */
  constructor(options: StreamReaderOptions = {}) {
    checkOptions('StreamReader', options, READER_OPTIONS)
    const { limit = DEFAULT_LIMIT, maxBytes = DEFAULT_MAX_BYTES } = options
    checkReaderLimits(options)
    this.#limit = limit
    this.#maxBytes = maxBytes
  }

  /**
   * Returns a reader of any Readable of Node or ReadableStream of the web, which flows from now on. The stream belongs
   * to the reader: it is closed with it, so that no file or socket stays open (see `StreamReaderFromOptions.owned`).
   *
   * @example
   * ```ts
   * import { createReadStream } from 'node:fs'
   * import { type Coroutine, run } from 'spindle'
   * import { StreamReader } from 'spindle/node'
   *
   * function* main(): Coroutine<void> {
   *   const reader = StreamReader.from(createReadStream('package.json'))
   *   try {
   *     console.log(String(yield* reader.readLine()).trim()) // prints: {
   *   } finally {
   *     reader.close() // or, at the top, `using reader = …`
   *   }
   * }
   * await run(main())
   * ```
   */
  static from(source: ReadableSource, options: StreamReaderFromOptions = {}): StreamReader {
    checkOptions('StreamReader.from()', options, [...READER_OPTIONS, 'owned'])
    const { owned = source !== process.stdin, ...reading } = options
    const reader = new StreamReader(reading)
    const transport = new StreamTransport(readableOf(source), reader, undefined, owned)
    if (owned) reader.#own(transport)
    return reader
  }

  /**
   * Closes the stream that the reader was made of by `from`, whatever is still to come. Reading throws from then on.
   * No-op for the reader of a connection, which its writer closes, and for a stream that the reader does not own.
   */
  close(): void {
    const stream = this.#owned
    if (stream === undefined) return
    this.#owned = undefined
    if (!this.#hasEnded) this.setException(new RuntimeError('the StreamReader is closed'))
    stream.abort()
  }

  /** For `using`: closes the reader. */
  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * Reads what has arrived, at most `count` bytes, and waits only if there is nothing; empty at the end of the stream.
   * Without a count: reads to the end of the stream. asyncio: `reader.read`.
   * @throws what went wrong with the stream; RuntimeError if another Task is waiting here; RangeError if the count is
   * not an integer
   */
  read(count = -1): Coroutine<Buffer> {
    return count < 0 ? this.#readAll(count) : new ReadOperation(this, StreamReader.#some, count).asCoroutine()
  }

  /**
   * Reads `count` bytes. asyncio: `reader.readexactly`.
   * @throws IncompleteReadError if the stream ends before; RangeError if the count is negative or not an integer; what
   * `read` throws
   */
  readExactly(count: number): Coroutine<Buffer> {
    return new ReadOperation(this, StreamReader.#exactly, count).asCoroutine()
  }

  /**
   * Reads a line, with its `\n`; the last one may have none; empty at the end of the stream. asyncio:
   * `reader.readline`.
   * @throws RangeError if the line is longer than the limit: it is dropped; what `read` throws
   */
  readLine(): Coroutine<Buffer> {
    return new ReadOperation(this, StreamReader.#line, new Search(NEWLINE)).asCoroutine()
  }

  /**
   * Reads up to and with a separator, or the one of several that ends first. asyncio: `reader.readuntil`.
   * @throws LimitOverrunError if there are more bytes before it than the limit: they stay; IncompleteReadError if the
   * stream ends before; RangeError if a separator is empty; what `read` throws
   */
  readUntil(separator: string | Uint8Array | readonly (string | Uint8Array)[] = NEWLINE): Coroutine<Buffer> {
    return new ReadOperation(this, StreamReader.#until, new Search(separator)).asCoroutine()
  }

  /** Whether the stream has ended, and all was read. */
  atEof(): boolean {
    return this.#hasEnded && this.#buffer.length === 0
  }

  /** Returns the error of the stream, if there was one. */
  exception(): unknown {
    return this.#exception?.error
  }

  /** Makes every read throw this error after the data before it is read. asyncio throws it at once. */
  setException(error: unknown): void {
    this.#exception = { error }
    this.#wakeUp()
  }

  /** Has this held back when too much is unread. asyncio: `reader.set_transport`. */
  setTransport(transport: ReadingTransport): void {
    this.#transport = transport
  }

  /** Adds data that has arrived. @throws RuntimeError after `feedEof` */
  feedData(data: Uint8Array): void {
    if (this.#hasEnded) throw new RuntimeError('feedData after feedEof')
    if (data.length === 0) return
    this.#buffer.append(Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    this.#wakeUp()
    if (this.#paused || this.#buffer.length <= 2 * this.#limit) return
    this.#paused = this.#transport !== undefined
    this.#transport?.pauseReading()
  }

  /** Nothing will come any more. */
  feedEof(): void {
    this.#hasEnded = true
    this.#wakeUp()
  }

  /** For `forEach`: line by line, as `readLine` returns them, to the end of the stream. @internal */
  [coroutineIterator](): CoroutineIterator<Buffer> {
    let lines = 0
    const next = function* (reader: StreamReader): Coroutine<IteratorResult<Buffer, undefined>> {
      // A client that sends many lines at once must not keep the loop from other Tasks.
      if (++lines % LINES_PER_TURN === 0) yield* sleep(0)
      let line: Buffer
      try {
        line = yield* reader.readLine()
      } catch (error) {
        reader.close()
        throw error
      }
      return line.length === 0 ? { done: true, value: undefined } : { done: false, value: line }
    }
    return {
      next: () => next(this),
      return: function* (this: StreamReader): Coroutine<void> {
        this.close()
      }.bind(this),
    }
  }

  /**
   * The lines as text, without their `\n` or `\r\n`, for `forEach` and, in plain async code, `for await`. Left early,
   * they leave the rest of the stream as iterating the reader does.
   *
   * @example
   * ```ts
   * function* main(): Coroutine<void> {
   *   const reader = new StreamReader()
   *   reader.feedData(Buffer.from('one\r\ntwo'))
   *   reader.feedEof()
   *   yield* forEach(reader.lines(), function* (line) {
   *     console.log(line.toUpperCase())
   *   })
   * }
   * await run(main())
   * // prints: ONE
   * // prints: TWO
   * ```
   */
  lines(encoding: BufferEncoding = 'utf8'): CoroutineIterable<string> & AsyncIterable<string> {
    const toText = (line: Buffer): string => line.toString(encoding).replace(/\r?\n$/, '')
    const reader = this
    return {
      [coroutineIterator]: () => new TextLines(reader[coroutineIterator](), toText),
      async *[Symbol.asyncIterator]() {
        for await (const line of reader) yield toText(line)
      },
    }
  }

  /** For `for await` in plain async code: line by line, to the end of the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const line = await this.#lineInPromise()
        if (line.length === 0) return
        yield line
      }
    } finally {
      this.close()
    }
  }

  toString(): string {
    const info = ['StreamReader']
    if (this.#buffer.length > 0) info.push(`${this.#buffer.length} bytes`)
    if (this.#hasEnded) info.push('eof')
    if (this.#limit !== DEFAULT_LIMIT) info.push(`limit=${this.#limit}`)
    if (this.#isAwaited) info.push(`waiter=${this.#waiter}`)
    if (this.#exception !== undefined) info.push(`exception=${repr(this.#exception.error)}`)
    if (this.#paused) info.push('paused')
    return `<${info.join(' ')}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** Whether this error was thrown here. @internal */
  isSourceOf(error: unknown): boolean {
    return error !== undefined && (error === this.#thrown || error === this.#exception?.error)
  }

  /** The loop of the Task that waits for data, if one does. @internal */
  get waitingLoop(): EventLoop | undefined {
    return this.#isAwaited ? this.#waiter?.getLoop() : undefined
  }

  /** Done when something has arrived. @internal */
  dataAvailable(operation: string): HostFuture<never> {
    this.#mayWait(operation)
    this.#waiter = new HostFuture<never>(operation, undefined, undefined, this.#transport?.isSimulated !== true)
    return this.#waiter
  }

  /** Removes the data that has arrived, for the next owner of the stream. @internal */
  takeUnread(): Buffer {
    this.#paused = false // the stream has another owner
    return this.#buffer.take(this.#buffer.length)
  }

  *#readAll(count: number): Coroutine<Buffer> {
    checkSize(count, 'read')
    const blocks: Buffer[] = []
    let size = 0
    try {
      for (;;) {
        const block = yield* this.read(this.#limit)
        if (block.length === 0) return Buffer.concat(blocks)
        blocks.push(block)
        size += block.length
        if (size > this.#maxBytes) {
          const text = `read() got more than maxBytes, ${this.#maxBytes} bytes, before the stream ended`
          throw this.#noted(new LimitOverrunError(text, size))
        }
      }
    } catch (error) {
      this.#buffer.prepend(blocks) // in asyncio it is lost
      throw error
    }
  }

  #own(transport: StreamTransport): void {
    this.#owned = transport
    const task = ambientTask()
    if (task === undefined) return
    // A Task that returned may have handed the reader on; a cancelled or failed Task has not.
    const onDone = (): void => {
      if (task.cancelled() || task.hasException()) this.close()
    }
    task.addDoneCallback(onDone)
    transport.stream.once('close', () => task.removeDoneCallback(onDone))
  }

  static readonly #some: ReadMode<number> = {
    name: 'StreamReader.read',
    label: 'StreamReader.read()',
    take(reader, count) {
      checkSize(count, 'read')
      if (count === 0) return NOTHING
      if (reader.#buffer.length > 0) return reader.#take(count)
      reader.#check()
      return reader.#hasEnded ? NOTHING : undefined
    },
  }

  static readonly #exactly: ReadMode<number> = {
    name: 'StreamReader.readExactly',
    label: 'StreamReader.readExactly()',
    take(reader, count) {
      checkSize(count, 'readExactly')
      if (count < 0) throw new RangeError('readExactly size can not be less than zero')
      if (reader.#buffer.length >= count) return reader.#take(count)
      reader.#check()
      if (reader.#hasEnded) throw reader.#endedEarly(count)
      return undefined
    },
  }

  static readonly #until: ReadMode<Search> = {
    name: 'StreamReader.readUntil',
    label: 'StreamReader.readUntil()',
    take(reader, search) {
      return reader.#takeUntil(search)
    },
  }

  static readonly #line: ReadMode<Search> = {
    name: 'StreamReader.readLine',
    label: 'StreamReader.readLine()',
    take(reader, search) {
      try {
        return StreamReader.#until.take(reader, search)
      } catch (error) {
        return reader.#endOfLine(error)
      }
    },
  }

  #take(count: number): Buffer {
    const taken = this.#buffer.take(count)
    this.#maybeResume()
    return taken
  }

  #endedEarly(expected: number | undefined): IncompleteReadError {
    return this.#noted(new IncompleteReadError(this.#buffer.take(this.#buffer.length), expected))
  }

  #takeUntil(search: Search): Buffer | undefined {
    const found = search.in(this.#buffer)
    if (found === undefined) {
      if (search.offset > this.#limit) {
        throw this.#tooLong('Separator is not found, and chunk exceed the limit', search.offset)
      }
      this.#check()
      if (this.#hasEnded) throw this.#endedEarly(undefined)
      return undefined
    }
    if (found.start > this.#limit) {
      throw this.#tooLong('Separator is found, but chunk is longer than limit', found.start)
    }
    return this.#take(found.end)
  }

  /** The line that `readUntil` did not find the end of. */
  #endOfLine(error: unknown): Buffer {
    if (error instanceof IncompleteReadError) return error.partial
    if (!(error instanceof LimitOverrunError)) throw error
    if (this.#buffer.startsWith(NEWLINE, error.consumed)) this.#buffer.take(error.consumed + 1)
    else this.#buffer.clear()
    this.#maybeResume()
    throw this.#noted(new RangeError(error.message))
  }

  #tooLong(message: string, consumed: number): LimitOverrunError {
    const text = `${message}: more than ${this.#limit} bytes, see the option \`limit\``
    return this.#noted(new LimitOverrunError(text, consumed))
  }

  #noted<E extends Error>(error: E): E {
    this.#thrown = error
    return error
  }

  async #lineInPromise(): Promise<Buffer> {
    const search = new Search(NEWLINE)
    for (;;) {
      const line = StreamReader.#line.take(this, search)
      if (line !== undefined) return line
      this.#mayWait('for await')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  get #isAwaited(): boolean {
    return this.#waiter?.done() === false
  }

  #mayWait(operation: string): void {
    if (this.#isAwaited || this.#wake !== undefined) {
      const caller = operation.replace('StreamReader.', '')
      throw new RuntimeError(`${caller} called while another coroutine is already waiting for incoming data`)
    }
    this.#resume() // or a reader of more than the limit would wait forever
  }

  #wakeUp(): void {
    const waiter = this.#waiter
    const wake = this.#wake
    this.#waiter = undefined
    this.#wake = undefined
    waiter?.resolve(undefined as never) // the result does not matter
    wake?.()
  }

  #maybeResume(): void {
    if (this.#buffer.length <= this.#limit) this.#resume()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#transport?.resumeReading()
  }

  #check(): void {
    if (this.#exception !== undefined) throw this.#exception.error
  }
}

/** The lines of a reader, as text. */
class TextLines implements CoroutineIterator<string> {
  readonly #lines: CoroutineIterator<Buffer>
  readonly #toText: (line: Buffer) => string

  constructor(lines: CoroutineIterator<Buffer>, toText: (line: Buffer) => string) {
    this.#lines = lines
    this.#toText = toText
  }

  *next(): Coroutine<IteratorResult<string, undefined>> {
    const { done, value } = yield* this.#lines.next()
    return done ? { done, value: undefined } : { done: false, value: this.#toText(value as Buffer) }
  }

  *return(): Coroutine<void> {
    if (this.#lines.return !== undefined) yield* this.#lines.return()
  }
}

/** The Task that runs at this moment, if one does. */
function ambientTask(): Task | undefined {
  return ambient.runningLoop?.currentTask as Task | undefined // Tasks alone put themselves there
}

/** Declares that `forEach` can iterate over it, and what it finds: the class itself can't declare that method. */
export interface StreamReader extends CoroutineIterable<Buffer> {}

function checkSize(count: number, operation: string): void {
  if (Number.isInteger(count) || count === Number.POSITIVE_INFINITY) return
  throw new RangeError(`${operation} size must be a whole number, got ${repr(count)}`)
}
