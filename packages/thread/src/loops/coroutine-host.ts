import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Awaitable, EventLoop, Future } from '@spindle/loop'
import { isAwaitable, repr } from '@spindle/loop/internal'
import { wake } from '../shared-memory/wake.ts'
import { type ErrorRecord, packError } from '../transport/error-record.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import { discard, type Packed, pack, type Transferable } from '../transport/serialize.ts'

/** The port for the end of a coroutine. Any message from it requests a cancellation. */
export interface ReplyTo {
  readonly port: MessagePort
  /** That of the thread that waits. */
  readonly wakeCell: Int32Array
}

/** How a coroutine ended on the loop's thread. */
export type CoroutineEnd =
  | { readonly kind: 'result'; readonly value: Packed }
  | { readonly kind: 'error'; readonly error: ErrorRecord }
  | { readonly kind: 'cancelled' }

/** Runs coroutines for other threads. */
export class RemoteCoroutineHost {
  readonly #loop: EventLoop
  readonly #running = new Map<MessagePort, Future>()

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** Schedules `fn(...args)` for the loop's next iteration. @throws RuntimeError if the loop is closed */
  start(to: ReplyTo, fn: AnyFunction, args: readonly unknown[]): void {
    this.#loop.callSoon(() => {
      let awaitable: unknown
      try {
        awaitable = fn(...args)
        if (!isAwaitable(awaitable))
          throw new TypeError(`A coroutine object is required, ${fn.name}() returned ${repr(awaitable)}`)
      } catch (error) {
        return this.refuse(to, error)
      }
      try {
        this.#run(to, awaitable as Awaitable<unknown>)
      } catch (error) {
        this.refuse(to, error)
        throw error // as in asyncio, a failing task factory is also an error of this loop
      }
    })
  }

  /** Receives the requests of other threads. */
  receive(): void {
    for (const [port, future] of this.#running) if (receiveMessageOnPort(port) !== undefined) future.cancel()
  }

  refuse(to: ReplyTo, error: unknown): void {
    this.#end(to, { kind: 'error', error: packError(error) })
  }

  #run(to: ReplyTo, awaitable: Awaitable<unknown>): void {
    const future = this.#loop.ensureFuture(awaitable)
    this.#running.set(to.port, future)
    to.port.on('message', () => future.cancel())
    to.port.unref()
    future.addDoneCallback(() => this.#tell(to, future))
  }

  #tell(to: ReplyTo, future: Future): void {
    this.#running.delete(to.port)
    if (future.cancelled()) return this.#end(to, { kind: 'cancelled' })
    if (future.hasException()) return this.#end(to, { kind: 'error', error: packError(future.exception()) })
    const transfer: Transferable[] = []
    try {
      this.#end(to, { kind: 'result', value: pack(future.result(), transfer) }, transfer)
    } catch (cause) {
      discard(transfer)
      const what = `the result of the coroutine can't be sent to another thread: ${(cause as Error).message}`
      this.refuse(to, new TypeError(what, { cause }))
    }
  }

  #end({ port, wakeCell }: ReplyTo, end: CoroutineEnd, transfer: Transferable[] = []): void {
    port.postMessage(end, transfer)
    wake(wakeCell)
    port.close()
  }
}
