// Hot path. What `reader.read()` and the like return.
//
//   yield*   take() ── enough is there ──▶ the result
//              └─ too little ─▶ waits until something has come, and once more

import { RuntimeError, type Suspension as Suspended } from '@spindle/loop'
import { SuspendedCoroutine } from '@spindle/loop/internal'
import type { ReadBuffer } from './read-buffer.ts'
import type { Search } from './search.ts'

interface ReadMode<W> {
  /** `StreamReader.readLine` */
  readonly name: string
  /** Returns the bytes, or undefined as long as too little has arrived. */
  take(buffer: ReadBuffer, wanted: W): Buffer | undefined
}

export const SOME: ReadMode<number> = mode('read', (buffer, count) => buffer.takeSome(count))
export const EXACTLY: ReadMode<number> = mode('readExactly', (buffer, count) => buffer.takeExactly(count))
export const UNTIL: ReadMode<Search> = mode('readUntil', (buffer, search) => buffer.takeUntil(search))
export const LINE: ReadMode<Search> = mode('readLine', (buffer, search) => buffer.takeLine(search))

function mode<W>(method: string, take: ReadMode<W>['take']): ReadMode<W> {
  return { name: `StreamReader.${method}`, take }
}

/** Reads in one of these ways, until that returns something or throws. */
export class ReadOperation<W> extends SuspendedCoroutine<Buffer> {
  private readonly buffer: ReadBuffer
  private readonly way: ReadMode<W>
  private readonly wanted: W
  private started: boolean

  constructor(buffer: ReadBuffer, way: ReadMode<W>, wanted: W) {
    super(undefined)
    this.buffer = buffer
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
    const value = this.way.take(this.buffer, this.wanted)
    if (value !== undefined) return { done: true, value }
    this.future = this.buffer.dataAvailable(`${this.way.name}()`)
    return this.ask()
  }
}
