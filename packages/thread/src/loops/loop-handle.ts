import type { MessagePort } from 'node:worker_threads'
import { EventLoop, inspectSymbol } from '@spindle/loop/internal'
import { newPort, registerCodec } from '../transport/serialize.ts'
import { Mailbox } from './mailbox.ts'
import { RemoteCalls } from './remote-calls.ts'

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
        handle.#calls.post({ kind: 'port' }, near, [near])
        return { port: far, wakeCell: handle.#wakeCell }
      },
      unpack: (record) => new LoopHandle(record),
    })
  }

  readonly #calls: RemoteCalls
  readonly #wakeCell: Int32Array

  // Users pass the loop to a thread.
  private constructor({ port, wakeCell }: LoopRecord) {
    this.#calls = new RemoteCalls(port, wakeCell)
    this.#wakeCell = wakeCell
    if (handles.size === 0) process.once('exit', () => LoopHandle.#end())
    handles.add(this)
  }

  /** @internal */
  get calls(): RemoteCalls {
    return this.#calls
  }

  /** `<LoopHandle>` */
  toString(): string {
    return '<LoopHandle>'
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  // No caller should wait for a thread that is gone.
  static #end(): void {
    for (const handle of handles) handle.#calls.post({ kind: 'end' })
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
  if (loop instanceof LoopHandle) loop.calls.call(fn, args)
  else if (loop instanceof EventLoop) loop.callSoon(fn, ...args)
  else throw new TypeError(`callSoonThreadsafe() takes a loop or its handle, got ${String(loop)}`)
}
