import type { MessagePort } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { EventLoop, repr } from '@spindle/loop/internal'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { keepAlive } from '../shared-memory/host-turns.ts'
import { printAsText } from '../shared-memory/identity.ts'
import { wake } from '../shared-memory/wake.ts'
import { addSource, removeSource, wakeCell } from '../shared-memory/wakeup.ts'
import { type ErrorRecord, unpackError } from '../transport/error-record.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { newPort, type Packed, packAndSend, registerCodec, type Transferable, unpack } from '../transport/serialize.ts'
import { type FromLoop, Mailbox, type ToLoop } from './mailbox.ts'
import { TwoPartPort } from './two-part-port.ts'

const handles = new Set<LoopHandle>() // of this thread

/** How a loop and its handles travel. */
interface LoopRecord {
  readonly port: MessagePort
  readonly wakeCell: Int32Array
}

/**
 * A reference to an event loop on another thread: a loop in the `args` of a Thread arrives as this. It serves
 * `callSoonThreadsafe` and `runCoroutineThreadsafe`, and can be passed to further threads.
 */
export class LoopHandle {
  static {
    printAsText(LoopHandle)
    registerCodec<EventLoop, LoopRecord>(EventLoop, {
      name: 'EventLoop',
      pack: (loop, transfer) => {
        const { near, far } = newPort(transfer)
        Mailbox.of(loop).add(near)
        return { port: far, wakeCell: loop.wakeSources.wakeCell as Int32Array } // set by the Mailbox
      },
      unpack: (record) => new LoopHandle(record) as never,
    })
    registerCodec<LoopHandle, LoopRecord>(LoopHandle, {
      name: 'LoopHandle',
      pack: (handle, transfer) => {
        const { near, far } = newPort(transfer)
        handle.#post({ kind: 'port' }, near, [near])
        return { port: far, wakeCell: handle.#loopWakeCell }
      },
      unpack: (record) => new LoopHandle(record),
    })
  }

  readonly #channel: TwoPartPort<ToLoop, FromLoop>
  readonly #loopWakeCell: Int32Array
  readonly #coroutines = new Map<number, { readonly name: string; readonly future: Future }>() // that have not ended
  readonly #failures: string[] = []
  #lastId = 0

  // Users pass the loop to a thread.
  private constructor({ port, wakeCell: loopWakeCell }: LoopRecord) {
    this.#channel = new TwoPartPort(port, (head, value) => this.#take(head, value))
    this.#loopWakeCell = loopWakeCell
    if (handles.size === 0) process.once('exit', () => LoopHandle.#end())
    handles.add(this)
  }

  /** `<LoopHandle>` */
  toString(): string {
    return '<LoopHandle>'
  }

  /** @internal */
  get pending(): boolean {
    return this.#coroutines.size > 0
  }

  /** @internal */
  receive(look: boolean): void {
    if (!this.#channel.receive() && look && isClosed(this.#channel.port)) this.#lose()
  }

  /** @throws RuntimeError if an earlier call has failed @internal */
  call(fn: AnyFunction, args: readonly unknown[]): void {
    this.#channel.receive()
    const failure = this.#failures.shift()
    if (failure !== undefined) throw new RuntimeError(`an earlier call failed: ${failure}`)
    this.#send(fn, args, undefined)
  }

  /** @internal */
  runCoroutine(fn: AnyFunction, args: readonly unknown[]): Future {
    const id = ++this.#lastId
    this.#send(fn, args, { id, wakeCell })
    const future = new Future()
    this.#coroutines.set(id, { name: fn.name, future })
    if (this.#coroutines.size === 1) this.#listen()
    // It is pending until the end, as in asyncio, so it can be cancelled, and the coroutine with it.
    future.addDoneCallback(() => {
      if (this.#coroutines.has(id)) this.#post({ kind: 'cancel', id })
    })
    return future
  }

  #send(fn: AnyFunction, args: readonly unknown[], coroutine: (ToLoop & { kind: 'call' })['coroutine']): void {
    const reference = toReference(fn)
    packAndSend(args, `the args of ${fn.name}() can't be sent to another thread`, (packed, transfer) =>
      this.#post({ kind: 'call', fn: reference, coroutine }, packed, transfer),
    )
  }

  #post(head: ToLoop, value?: unknown, transfer?: readonly Transferable[]): void {
    this.#channel.post(head, value, transfer)
    wake(this.#loopWakeCell)
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

  // No caller should wait for a thread that is gone.
  static #end(): void {
    for (const handle of handles) handle.#post({ kind: 'end' })
  }
}

/**
 * Calls `fn(...args)` on the thread of a loop, in the loop's next iteration; returns at once. A loop that
 * sleeps wakes up for it. `fn` is an exported function of a module that the loop's thread has loaded, or can load:
 * while it blocks, it can't. Calls of one thread run in their order.
 * asyncio: `loop.call_soon_threadsafe`.
 *
 * @param loop of this thread or another one
 * @param fn runs on the thread of the loop, with clones of `args`
 * @param args are copied to the thread of the loop
 * @throws TypeError if `fn` can't be found on another thread, or `args` can't be cloned
 * @throws RuntimeError if an earlier call could not be made: it was not loaded there, or the loop was closed
 *
 * @example
 * ```ts no-run
 * import { newEventLoop } from 'spindle'
 * import { callSoonThreadsafe, isMain, type LoopHandle, Thread } from 'spindle/thread'
 *
 * const loop = newEventLoop()
 *
 * export function stop(): void {
 *   loop.stop()
 * }
 *
 * export function work(handle: LoopHandle): void {
 *   callSoonThreadsafe(handle, stop)
 * }
 *
 * if (isMain(import.meta)) {
 *   new Thread({ target: work, args: [loop] }).start()
 *   loop.runForeverSync() // until work() stops it
 * }
 * ```
 */
export function callSoonThreadsafe<A extends readonly unknown[]>(
  loop: LoopHandle | EventLoop,
  fn: (...args: A) => unknown,
  ...args: A
): void {
  if (loop instanceof LoopHandle) loop.call(fn, args)
  else if (loop instanceof EventLoop) loop.callSoon(fn, ...args)
  else throw new TypeError(`callSoonThreadsafe() takes a loop or its handle, got ${repr(loop)}`)
}
