// V8 serialises what it can't deserialise: objects some 2,000 deep, say. Such a message does not arrive, and nothing
// says which it was. So the sender writes down, in shared memory, what each message is about, and both sides count.

/** The kind of message that was lost, as far as the receiver has something to do about it. */
export type LostKind = 'result' | 'error' | 'item' | 'progress' | 'call' | 'other'

/** What was said in a message that can't be read. */
export interface Lost {
  readonly kind: LostKind
  readonly id: number
}

/** One way between two threads. Each of them has one of these, with the same cells. */
export class MessageLog {
  readonly cells: Int32Array
  #count = 0

  /** @param cells those of the other side */
  constructor(cells: Int32Array = new Int32Array(new SharedArrayBuffer(4 * FIELDS * MESSAGES))) {
    this.cells = cells
  }

  /** Before a message is posted. */
  note(message: { readonly kind: string; readonly id?: number }): void {
    const place = (++this.#count % MESSAGES) * FIELDS
    this.cells[place] = this.#count
    this.cells[place + 1] = KINDS.indexOf(message.kind as LostKind)
    this.cells[place + 2] = message.id ?? 0
  }

  /** The message that was noted last was not posted. */
  takeBack(): void {
    this.#count--
  }

  /** A message has arrived. */
  arrived(): void {
    this.#count++
  }

  /** A message has arrived that can't be read. undefined if it is too long ago that it was sent. */
  lost(): Lost | undefined {
    const place = (++this.#count % MESSAGES) * FIELDS
    if (this.cells[place] !== this.#count) return undefined
    return { kind: KINDS[this.cells[place + 1] as number] ?? 'other', id: this.cells[place + 2] as number }
  }
}

const FIELDS = 3
const MESSAGES = 256
const KINDS: readonly LostKind[] = ['result', 'error', 'item', 'progress', 'call']
