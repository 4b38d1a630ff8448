import type { Coroutine } from '@spindle/loop'
import { type CoroutineIterator, sleep } from '@spindle/task'
import type { StreamReader } from './stream-reader.ts'

const LINES_PER_TURN = 100

/** The lines of a reader, for `forEach`. Left early, it closes the reader. */
export class LineIterator<T> implements CoroutineIterator<T> {
  readonly #reader: StreamReader
  readonly #convert: (line: Buffer) => T
  #lines = 0

  constructor(reader: StreamReader, convert: (line: Buffer) => T) {
    this.#reader = reader
    this.#convert = convert
  }

  *next(): Coroutine<IteratorResult<T, undefined>> {
    // A client that sends many lines at once must not keep the loop from other Tasks.
    if (++this.#lines % LINES_PER_TURN === 0) yield* sleep(0)
    let line: Buffer
    try {
      line = yield* this.#reader.readLine()
    } catch (error) {
      this.#reader.close()
      throw error
    }
    return line.length === 0 ? { done: true, value: undefined } : { done: false, value: this.#convert(line) }
  }

  *return(): Coroutine<void> {
    this.#reader.close()
  }
}
