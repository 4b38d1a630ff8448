import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { wake } from '../shared-memory/wake.ts'
import { addSource, removeSource, type Source, wakeCell } from '../shared-memory/wakeup.ts'
import { unpackError } from '../transport/error-record.ts'
import { newPort, type Transferable, unpack } from '../transport/serialize.ts'
import type { CoroutineEnd, ReplyTo } from './coroutine-host.ts'

/** A coroutine on the loop of another thread, as represented on the thread that waits for it. */
export class RemoteCoroutine implements Source {
  readonly future: Future = new Future()
  /** The data that is sent with the call. */
  readonly replyTo: ReplyTo
  readonly #name: string
  readonly #port: MessagePort
  #ended = false

  constructor(name: string, transfer: Transferable[], loopWakeCell: Int32Array) {
    const { near, far } = newPort(transfer)
    this.#name = name
    this.#port = near
    this.replyTo = { port: far, wakeCell }
    near.on('message', (end: CoroutineEnd) => this.#take(end))
    near.on('close', () => this.#lost())
    addSource(this)
    // It is pending until the end, as in asyncio, so it can be cancelled, and the coroutine with it.
    this.future.addDoneCallback(() => {
      if (!this.future.cancelled() || this.#ended) return
      near.postMessage('cancel')
      wake(loopWakeCell)
    })
  }

  get pending(): boolean {
    return !this.#ended
  }

  receive(look: boolean): void {
    const got = receiveMessageOnPort(this.#port)
    if (got !== undefined) this.#take(got.message as CoroutineEnd)
    else if (look && isClosed(this.#port)) this.#lost()
  }

  /** Stops listening. Called from outside if the call was never sent. */
  drop(): void {
    this.#ended = true
    removeSource(this)
    this.#port.close()
  }

  #take(end: CoroutineEnd): void {
    if (this.#ended) return
    this.drop()
    if (end.kind === 'cancelled') this.future.cancel()
    if (!this.future.setRunningOrNotifyCancel()) return
    if (end.kind === 'result') this.future.setResult(unpack(end.value))
    else if (end.kind === 'error') this.future.setException(unpackError(end.error))
  }

  /** Called when the thread of the loop has ended. */
  #lost(): void {
    if (this.#ended) return
    this.drop()
    if (!this.future.setRunningOrNotifyCancel()) return
    this.future.setException(new RuntimeError(`the thread of the loop that ran ${this.#name}() has ended`))
  }
}
