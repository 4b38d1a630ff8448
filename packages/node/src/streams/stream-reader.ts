import { type Coroutine, RuntimeError } from '@spindle/loop'
import { checkOptions, inspectSymbol, repr } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { endWithTask } from './end-with-task.ts'
import { LineIterator } from './line-iterator.ts'
import { checkSize, ReadBuffer, type ReadingTransport } from './read-buffer.ts'
import { LimitOverrunError } from './read-errors.ts'
import { EXACTLY, LINE, ReadOperation, SOME, UNTIL } from './read-operation.ts'
import { NEWLINE, Search } from './search.ts'
import { type ReadableSource, readableOf, StreamTransport } from './stream-transport.ts'

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

const DEFAULT_LIMIT = 2 ** 16
const DEFAULT_MAX_BYTES = 2 ** 28

/**
 * Reads bytes as they arrive, from a connection, a subprocess or, by `StreamReader.from`, any stream of Node or the
 * web. One Task reads at a time. If the caller is cancelled while waiting, nothing is lost: the bytes that have arrived
 * are there for the next read. `forEach` and `for await` iterate over its lines. asyncio: `asyncio.StreamReader`.
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
  /** @internal */
  readonly buffer: ReadBuffer
  readonly #maxBytes: number
  #owned: StreamTransport | undefined

  constructor(options: StreamReaderOptions = {}) {
    checkOptions('StreamReader', options, READER_OPTIONS)
    checkReaderLimits(options)
    const { limit = DEFAULT_LIMIT, maxBytes = DEFAULT_MAX_BYTES } = options
    this.buffer = new ReadBuffer(limit)
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
    if (owned) {
      reader.#owned = transport
      transport.stream.once(
        'close',
        endWithTask(() => reader.close()),
      )
    }
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
    if (!this.buffer.hasEnded) this.setException(new RuntimeError('the StreamReader is closed'))
    stream.abort()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * Reads the bytes that have arrived, at most `count`, and waits only if there is nothing; empty at the end of the
   * stream. Without a count: reads to the end of the stream. asyncio: `reader.read`.
   * @throws what went wrong with the stream; RuntimeError if another Task is waiting here; RangeError if the count is
   * not an integer
   */
  read(count = -1): Coroutine<Buffer> {
    return count < 0 ? this.#readAll(count) : new ReadOperation(this.buffer, SOME, count).asCoroutine()
  }

  /**
   * Reads `count` bytes. asyncio: `reader.readexactly`.
   * @throws IncompleteReadError if the stream ends before; RangeError if the count is negative or not an integer; what
   * `read` throws
   */
  readExactly(count: number): Coroutine<Buffer> {
    return new ReadOperation(this.buffer, EXACTLY, count).asCoroutine()
  }

  /**
   * Reads a line, with its `\n`; the last one may have none; empty at the end of the stream. asyncio:
   * `reader.readline`.
   * @throws RangeError if the line is longer than the limit: it is dropped; what `read` throws
   */
  readLine(): Coroutine<Buffer> {
    return new ReadOperation(this.buffer, LINE, new Search(NEWLINE)).asCoroutine()
  }

  /**
   * Reads up to and with a separator, or the one of several that ends first. asyncio: `reader.readuntil`.
   * @throws LimitOverrunError if there are more bytes before it than the limit: they stay; IncompleteReadError if the
   * stream ends before; RangeError if a separator is empty; what `read` throws
   */
  readUntil(separator: string | Uint8Array | readonly (string | Uint8Array)[] = NEWLINE): Coroutine<Buffer> {
    return new ReadOperation(this.buffer, UNTIL, new Search(separator)).asCoroutine()
  }

  atEof(): boolean {
    return this.buffer.hasEnded && this.buffer.length === 0
  }

  exception(): unknown {
    return this.buffer.exception
  }

  /** Makes every read throw this error after the data before it is read. asyncio throws it at once. */
  setException(error: unknown): void {
    this.buffer.setException(error)
  }

  /** Has this held back when too much is unread. asyncio: `reader.set_transport`. */
  setTransport(transport: ReadingTransport): void {
    this.buffer.transport = transport
  }

  /** Adds data that has arrived. @throws RuntimeError after `feedEof` */
  feedData(data: Uint8Array): void {
    this.buffer.feedData(data)
  }

  /** Nothing will come any more. */
  feedEof(): void {
    this.buffer.feedEof()
  }

  /** For `forEach`: line by line, as `readLine` returns them, to the end of the stream. @internal */
  [coroutineIterator](): CoroutineIterator<Buffer> {
    return new LineIterator(this, (line) => line)
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
      [coroutineIterator]: () => new LineIterator(reader, toText),
      async *[Symbol.asyncIterator]() {
        for await (const line of reader) yield toText(line)
      },
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const line = await this.buffer.lineInPromise()
        if (line.length === 0) return
        yield line
      }
    } finally {
      this.close()
    }
  }

  toString(): string {
    return this.buffer.describe(DEFAULT_LIMIT)
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  *#readAll(count: number): Coroutine<Buffer> {
    checkSize(count, 'read')
    const blocks: Buffer[] = []
    let size = 0
    try {
      for (;;) {
        const block = yield* this.read(this.buffer.limit)
        if (block.length === 0) return Buffer.concat(blocks)
        blocks.push(block)
        size += block.length
        if (size > this.#maxBytes) {
          const text = `read() got more than maxBytes, ${this.#maxBytes} bytes, before the stream ended`
          throw this.buffer.noted(new LimitOverrunError(text, size))
        }
      }
    } catch (error) {
      this.buffer.prepend(blocks) // in asyncio it is lost
      throw error
    }
  }
}

/**
 * Declares that `forEach` can iterate over it, and the type of its items: the class itself can't declare that method.
 */
export interface StreamReader extends CoroutineIterable<Buffer> {}
