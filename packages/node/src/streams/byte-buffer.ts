// Bytes that have arrived and are not read yet, in one piece, so that they can be searched.
//
//   #data   ░░░░░░░░████████████············     ░ read: handed out, and not touched again   █ to be read   · room
//                   ▲ #start    ▲ #end
//
// Appended bytes go into the room, so a returned chunk is never written to. Into an empty buffer the chunk is
// taken as it is, without a copy.

const EMPTY: Buffer = Buffer.alloc(0)

export class ByteBuffer {
  #data = EMPTY
  #start = 0
  #end = 0
  // Whether the buffer may write behind #end.
  #owned = false

  get length(): number {
    return this.#end - this.#start
  }

  append(chunk: Buffer): void {
    const length = this.length
    if (length === 0) {
      this.#data = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#owned = false
      return
    }
    if (!this.#owned || this.#end + chunk.length > this.#data.length) this.#grow(length + chunk.length)
    chunk.copy(this.#data, this.#end)
    this.#end += chunk.length
  }

  prepend(chunks: readonly Buffer[]): void {
    const all = Buffer.concat([...chunks, this.take(this.length)])
    this.append(all)
  }

  /** Takes out the first `count` bytes, or all if there are less. */
  take(count: number): Buffer {
    const end = Math.min(this.#start + count, this.#end)
    const isWhole = this.#start === 0 && end === this.#data.length // the chunk as it came: no view of it is needed
    const taken = isWhole ? this.#data : this.#data.subarray(this.#start, end)
    this.#start = end
    if (end === this.#end) this.#forget()
    return taken
  }

  indexOf(bytes: Buffer, offset: number): number {
    return this.#data.subarray(this.#start, this.#end).indexOf(bytes, offset)
  }

  startsWith(bytes: Buffer, offset: number): boolean {
    return this.#data
      .subarray(this.#start + offset, Math.min(this.#start + offset + bytes.length, this.#end))
      .equals(bytes)
  }

  clear(): void {
    this.#start = this.#end
    this.#forget()
  }

  /** Twice the room that is needed, so that a byte is moved only so often, however small the chunks are. */
  #grow(needed: number): void {
    const data = Buffer.allocUnsafeSlow(2 * needed)
    const length = this.#data.copy(data, 0, this.#start, this.#end)
    this.#data = data
    this.#start = 0
    this.#end = length
    this.#owned = true
  }

  #forget(): void {
    this.#data = EMPTY
    this.#start = 0
    this.#end = 0
    this.#owned = false
  }
}
