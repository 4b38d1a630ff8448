// Hot path: bench/io. What `reader.read()` and the like return.
//
//   yield*   take() ── enough is there ──▶ the result
//              └─ too little ─▶ waits until something has come, and once more

import { RuntimeError, type Suspension as Suspended } from '@spindle/loop'
import { SuspendedCoroutine } from '@spindle/loop/internal'
import type { StreamReader } from './stream-reader.ts'

/** One way to read. */
export interface ReadMode<W> {
  /** `StreamReader.readLine` */
  readonly name: string
  /** `StreamReader.readUntil()`: for pictures and errors. */
  readonly label: string
  /** Returns the bytes, or undefined as long as too little has arrived. */
  take(reader: StreamReader, wanted: W): Buffer | undefined
}

/** Reads in one of these ways, until that returns something or throws. */
export class ReadOperation<W> extends SuspendedCoroutine<Buffer> {
  private readonly reader: StreamReader
  private readonly way: ReadMode<W>
  private readonly wanted: W
  private started: boolean

  constructor(reader: StreamReader, way: ReadMode<W>, wanted: W) {
    super(undefined)
    this.reader = reader
    this.way = way
    this.wanted = wanted
    this.started = false
  }

  get name(): string {
    return this.way.name
  }

  override [Symbol.iterator](): this {
    if (this.started) throw new RuntimeError(`cannot reuse already awaited coroutine ${this}`)
    this.started = true
    return this
  }

  override next(resumed?: unknown): IteratorResult<Suspended, Buffer> {
    if (this.future?.done() === false) return super.next(resumed) // nothing has waited for it, and that throws
    this.future?.result() // throws if it was cancelled
    const value = this.way.take(this.reader, this.wanted)
    if (value !== undefined) return { done: true, value }
    this.future = this.reader.dataAvailable(this.way.label)
    return this.ask()
  }
}
