// V8 serialises values that it can't deserialise, such as objects nested 2,000 deep. Such a message never arrives. So
// the sender notes in shared memory the kind and the call of each message, and both sides count the messages.

import type { MessagePort } from 'node:worker_threads'
import type { Transferable } from '../transport/serialize.ts'
import { type FromWorker, type ToWorker, toWire } from './protocol.ts'

/** The kind of a lost message, if the receiver has to act on it. */
export type LostKind = 'result' | 'error' | 'item' | 'progress' | 'call' | 'other'

/** One direction between two threads. Each of them has a log with the same cells. */
export class MessageLog {
  readonly #cells: Int32Array
  #count = 0

  constructor(cells: Int32Array) {
    this.#cells = cells
  }

  static newCells(): Int32Array {
    return new Int32Array(new SharedArrayBuffer(4 * FIELDS * MESSAGES))
  }

  /** @throws DataCloneError if the message can't be cloned; it does not count then */
  post(port: MessagePort, message: ToWorker | FromWorker, transfer: readonly Transferable[] = []): void {
    const index = (++this.#count % MESSAGES) * FIELDS
    this.#cells[index] = this.#count
    this.#cells[index + 1] = KINDS.indexOf(message.kind as LostKind)
    this.#cells[index + 2] = 'id' in message ? message.id : 0
    try {
      port.postMessage(toWire(message), transfer)
    } catch (error) {
      this.#count--
      throw error
    }
  }

  /** A message has arrived. */
  arrived(): void {
    this.#count++
  }

  /** A message has arrived that can't be read. Returns undefined if its note was overwritten. */
  lost(): { readonly kind: LostKind; readonly id: number } | undefined {
    const index = (++this.#count % MESSAGES) * FIELDS
    if (this.#cells[index] !== this.#count) return undefined
    return { kind: KINDS[this.#cells[index + 1] as number] ?? 'other', id: this.#cells[index + 2] as number }
  }
}

const FIELDS = 3
const MESSAGES = 256
const KINDS: readonly LostKind[] = ['result', 'error', 'item', 'progress', 'call']
