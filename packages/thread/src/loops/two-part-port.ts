// V8 serialises values that it can't deserialise, such as objects nested 4,000 deep. So a message goes in two parts:
// first the value, then a head that describes it. If a value can't be read, only its own message fails.

import type { MessagePort } from 'node:worker_threads'
import { CAN_MIX_LISTENERS, receiveAll, receiveWhenWoken } from '../shared-memory/host-turns.ts'
import { wakeCell } from '../shared-memory/wakeup.ts'
import type { Transferable } from '../transport/serialize.ts'

/** One end of a channel. */
export class TwoPartPort<Out, In> {
  readonly port: MessagePort
  readonly #deliver: (head: In, value: () => unknown) => void
  #value: (() => unknown) | undefined // of the head that comes next
  #isListening = false

  /** @param deliver receives each message; `value` throws what prevents reading the value */
  constructor(port: MessagePort, deliver: (head: In, value: () => unknown) => void) {
    this.port = port
    this.#deliver = deliver
  }

  /** @throws what prevents cloning the value; then nothing is sent */
  post(head: Out, value?: unknown, transfer: readonly Transferable[] = []): void {
    this.port.postMessage(value, transfer)
    this.port.postMessage(head)
  }

  /**
   * From now on messages arrive by themselves, too. No-op if they do already.
   *
   * @param isWanted for Deno: whether a message may still come. If not, the port stops
   * @param closed called when the other end is gone
   */
  listen(isWanted: () => boolean, closed: () => void): void {
    if (this.#isListening) return
    this.#isListening = true
    this.port.on('close', closed)
    const stop = (): void => {
      this.#isListening = false
      this.port.off('close', closed)
    }
    if (!CAN_MIX_LISTENERS) return void receiveWhenWoken(wakeCell, () => this.receive(), isWanted).then(stop)
    this.port.on('message', (part: unknown) => this.#take(() => part))
    this.port.on('messageerror', (error) => this.#take(() => raise(error)))
  }

  /** Receives the messages that have come. Returns whether there was one. */
  receive(): boolean {
    const take = (part: unknown): void => this.#take(() => part)
    return receiveAll(this.port, take, (error) => this.#take(() => raise(error)))
  }

  #take(part: () => unknown): void {
    const value = this.#value
    this.#value = value === undefined ? part : undefined
    if (value !== undefined) this.#deliver(part() as In, value)
  }
}

function raise(error: unknown): never {
  throw error
}
