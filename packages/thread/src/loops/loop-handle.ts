import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { EventLoop, inspectSymbol } from '@spindle/loop/internal'
import type { Future } from '../futures/future.ts'
import { wake } from '../shared-memory/wake.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { discard, newPort, pack, registerCodec, type Transferable } from '../transport/serialize.ts'
import type { ReplyTo } from './coroutine-host.ts'
import { type Failure, Mailbox, type ToLoop } from './mailbox.ts'
import { RemoteCoroutine } from './remote-coroutine.ts'

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
        handle.#post({ kind: 'port', port: near }, [near])
        return { port: far, wakeCell: handle.#wakeCell }
      },
      unpack: (record) => new LoopHandle(record),
    })
  }

  readonly #port: MessagePort
  readonly #wakeCell: Int32Array

  // Users pass the loop to a thread.
  private constructor({ port, wakeCell }: LoopRecord) {
    this.#port = port
    this.#wakeCell = wakeCell
    if (handles.size === 0) process.once('exit', () => LoopHandle.#end())
    handles.add(this)
  }

  /** @internal */
  call(fn: AnyFunction, args: readonly unknown[]): void {
    const failure = receiveMessageOnPort(this.#port)?.message as Failure | undefined
    if (failure !== undefined) throw new RuntimeError(`an earlier call failed: ${failure.message}`)
    this.#send(fn, args, [])
  }

  /** @internal */
  runCoroutine(fn: AnyFunction, args: readonly unknown[]): Future {
    const transfer: Transferable[] = []
    const remote = new RemoteCoroutine(fn.name, transfer, this.#wakeCell)
    try {
      this.#send(fn, args, transfer, remote.replyTo)
    } catch (error) {
      remote.drop()
      throw error
    }
    return remote.future
  }

  /** `<LoopHandle>` */
  toString(): string {
    return '<LoopHandle>'
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  #send(fn: AnyFunction, args: readonly unknown[], transfer: Transferable[], reply?: ReplyTo): void {
    const reference = toReference(fn)
    try {
      this.#post({ kind: 'call', fn: reference, args: pack(args, transfer), reply }, transfer)
    } catch (cause) {
      discard(transfer)
      const what = `the args of ${fn.name}() can't be sent to another thread: ${(cause as Error).message}`
      throw new TypeError(what, { cause })
    }
  }

  // No caller should wait for a thread that is gone.
  static #end(): void {
    for (const handle of handles) handle.#post({ kind: 'end' })
  }

  #post(message: ToLoop, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
    wake(this.#wakeCell)
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
  else throw new TypeError(`callSoonThreadsafe() takes a loop or its handle, got ${String(loop)}`)
}
