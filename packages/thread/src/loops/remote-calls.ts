import type { MessagePort } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { keepAlive } from '../shared-memory/host-turns.ts'
import { wake } from '../shared-memory/wake.ts'
import { addSource, removeSource, type Source, wakeCell } from '../shared-memory/wakeup.ts'
import { type ErrorRecord, unpackError } from '../transport/error-record.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, type Packed, pack, type Transferable, unpack } from '../transport/serialize.ts'
import type { FromLoop, ToLoop } from './mailbox.ts'
import { TwoPartPort } from './two-part-port.ts'

/** The calls of this thread on the loop of another one, through one handle. */
export class RemoteCalls implements Source {
  readonly #channel: TwoPartPort<ToLoop, FromLoop>
  readonly #loopWakeCell: Int32Array
  readonly #coroutines = new Map<number, { readonly name: string; readonly future: Future }>() // that have not ended
  #failures: string[] = []
  #lastId = 0

  constructor(port: MessagePort, loopWakeCell: Int32Array) {
    this.#channel = new TwoPartPort(port, (head, value) => this.#take(head, value))
    this.#loopWakeCell = loopWakeCell
  }

  get pending(): boolean {
    return this.#coroutines.size > 0
  }

  receive(look: boolean): void {
    if (!this.#channel.receive() && look && isClosed(this.#channel.port)) this.#lose()
  }

  post(head: ToLoop, value?: unknown, transfer?: readonly Transferable[]): void {
    this.#channel.post(head, value, transfer)
    wake(this.#loopWakeCell)
  }

  /** @throws RuntimeError if an earlier call has failed */
  call(fn: AnyFunction, args: readonly unknown[]): void {
    this.#channel.receive()
    const failure = this.#failures.shift()
    if (failure !== undefined) throw new RuntimeError(`an earlier call failed: ${failure}`)
    this.#send(fn, args, undefined)
  }

  runCoroutine(fn: AnyFunction, args: readonly unknown[]): Future {
    const id = ++this.#lastId
    this.#send(fn, args, { id, wakeCell })
    const future = new Future()
    const isFirst = !this.pending
    this.#coroutines.set(id, { name: fn.name, future })
    if (isFirst) this.#listen()
    // It is pending until the end, as in asyncio, so it can be cancelled, and the coroutine with it.
    future.addDoneCallback(() => {
      if (this.#coroutines.has(id)) this.post({ kind: 'cancel', id })
    })
    return future
  }

  #send(fn: AnyFunction, args: readonly unknown[], coroutine: (ToLoop & { kind: 'call' })['coroutine']): void {
    const reference = toReference(fn)
    const transfer: Transferable[] = []
    try {
      this.post({ kind: 'call', fn: reference, coroutine }, pack(args, transfer), transfer)
    } catch (cause) {
      discard(transfer)
      throw new TypeError(`the args of ${fn.name}() can't be sent to another thread: ${reasonOf(cause)}`, { cause })
    }
  }

  #listen(): void {
    this.#channel.listen(
      () => this.pending,
      () => this.#lose(),
    )
    addSource(this)
    keepAlive(this.#channel.port, true)
  }

  #take(head: FromLoop, value: () => unknown): void {
    if (head.kind === 'failure') return void this.#failures.push(head.message)
    const { name, future } = this.#coroutines.get(head.id) ?? {}
    if (future === undefined) return
    this.#remove(head.id)
    if (head.kind === 'cancelled') future.cancel()
    if (!future.setRunningOrNotifyCancel()) return
    try {
      const end = value()
      if (head.kind === 'error') future.setException(unpackError(end as ErrorRecord))
      else future.setResult(unpack(end as Packed))
    } catch (cause) {
      future.setException(new TypeError(`the ${head.kind} of ${name}() can't be read: ${reasonOf(cause)}`, { cause }))
    }
  }

  #remove(id: number): void {
    this.#coroutines.delete(id)
    if (this.pending) return
    removeSource(this)
    keepAlive(this.#channel.port, false)
  }

  /** The thread of the loop has ended. */
  #lose(): void {
    for (const [id, { name, future }] of this.#coroutines) {
      this.#remove(id)
      if (future.setRunningOrNotifyCancel())
        future.setException(new RuntimeError(`the thread of the loop that ran ${name}() has ended`))
    }
  }
}
