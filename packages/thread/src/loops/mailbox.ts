// The side of a loop's own thread. Other threads post calls and raise the loop's wake cell:
//
//   callSoonThreadsafe ──port──▶ Mailbox ──callSoon──▶ loop
//                      └─cell──▶ (a loop that sleeps in Atomics.wait)
//
// A blocked loop receives them when it wakes and before it sleeps; a loop that the host drives, on an event of the
// port.

import type { MessagePort } from 'node:worker_threads'
import { type Awaitable, type EventLoop, type Future, RuntimeError } from '@spindle/loop'
import { isAwaitable, repr } from '@spindle/loop/internal'
import { isClosed } from '../shared-memory/block.ts'
import { keepAlive } from '../shared-memory/host-turns.ts'
import { wake } from '../shared-memory/wake.ts'
import { connect } from '../shared-memory/wakeup.ts'
import { packError } from '../transport/error-record.ts'
import type { AnyFunction, FunctionReference } from '../transport/function-reference.ts'
import { functionIn } from '../transport/import-function.ts'
import { findLoaded } from '../transport/module-scope.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { type Packed, packAndSend, type Transferable, unpack } from '../transport/serialize.ts'
import { TwoPartPort } from './two-part-port.ts'

/** The messages from a handle to the loop's thread. */
export type ToLoop =
  /** A call, whose value is its packed args. That of a coroutine is answered. */
  | { readonly kind: 'call'; readonly fn: FunctionReference; readonly coroutine: RemoteCoroutine | undefined }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Another thread received the handle: the value is its port. */
  | { readonly kind: 'port' }
  /** The thread ends, and will not call any more. */
  | { readonly kind: 'end' }

/** The messages to a handle: a call that was not possible, and the ends of coroutines, with a result or ErrorRecord. */
export type FromLoop =
  | { readonly kind: 'failure'; readonly message: string }
  | { readonly kind: 'result' | 'error' | 'cancelled'; readonly id: number }

/** A coroutine that another thread waits for. */
interface RemoteCoroutine {
  readonly id: number
  /** That of the thread that waits. */
  readonly wakeCell: Int32Array
}

/** A thread that has a handle. */
interface Caller {
  readonly channel: TwoPartPort<FromLoop, ToLoop>
  /** Its coroutines by their ids; undefined before the start. */
  readonly coroutines: Map<number, Future | undefined>
}

interface Call {
  readonly fn: FunctionReference
  readonly coroutine: RemoteCoroutine | undefined
  readonly caller: Caller
  readonly args: () => unknown
}

const NOT_LOADED =
  'its module is not loaded there, and cannot be while the loop blocks the thread. Import it there before'

export class Mailbox {
  static readonly #mailboxes = new WeakMap<EventLoop, Mailbox>()

  readonly #loop: EventLoop
  readonly #callers = new Set<Caller>()
  // In the order they came. All wait while the module of the first is being imported.
  #calls: Call[] = []
  #importing = false

  static of(loop: EventLoop): Mailbox {
    const known = Mailbox.#mailboxes.get(loop)
    if (known !== undefined) return known
    const mailbox = new Mailbox(loop)
    Mailbox.#mailboxes.set(loop, mailbox)
    return mailbox
  }

  private constructor(loop: EventLoop) {
    this.#loop = loop
    connect(loop, () => this.#receive())
    loop.wakeSources.onDriven = (driven) => {
      for (const { channel } of this.#callers) keepAlive(channel.port, driven)
    }
  }

  /** From now on the holder of the other end may call. */
  add(port: MessagePort): void {
    const channel = new TwoPartPort<FromLoop, ToLoop>(port, (head, value) => this.#take(caller, head, value))
    const caller: Caller = { channel, coroutines: new Map() }
    this.#callers.add(caller)
    this.#loop.wakeSources.external++
    channel.listen(
      () => this.#callers.has(caller),
      () => this.#drop(caller),
    )
    keepAlive(port, this.#loop.driver !== undefined)
  }

  #drop(caller: Caller): void {
    if (!this.#callers.delete(caller)) return
    caller.channel.port.close()
    this.#loop.wakeSources.external--
  }

  #receive(): void {
    // A killed thread sends nothing. A thread that has just called is alive.
    for (const caller of this.#callers)
      if (!caller.channel.receive() && isClosed(caller.channel.port)) this.#drop(caller)
    this.#run()
  }

  #take(caller: Caller, head: ToLoop, value: () => unknown): void {
    if (head.kind === 'end') return this.#drop(caller)
    if (head.kind === 'port') return this.add(value() as MessagePort)
    if (head.kind === 'cancel') {
      const { coroutines } = caller
      coroutines.get(head.id)?.cancel() ?? coroutines.delete(head.id)
      return
    }
    if (head.coroutine !== undefined) caller.coroutines.set(head.coroutine.id, undefined)
    this.#calls.push({ ...head, caller, args: value })
    this.#run()
  }

  #run(): void {
    for (let [call] = this.#calls; call !== undefined; [call] = this.#calls) {
      const fn = findLoaded(call.fn)
      if (fn === undefined && !this.#loop.blocking) {
        if (!this.#importing) void this.#import(call)
        return
      }
      this.#calls.shift()
      this.#callSoon(call, fn ?? NOT_LOADED)
    }
  }

  async #import(call: Call): Promise<void> {
    this.#importing = true
    let fn: AnyFunction | string
    try {
      fn = await functionIn(await import(/* webpackIgnore: true */ /* @vite-ignore */ call.fn.module), call.fn)
    } catch (error) {
      fn = (error as Error).message
    }
    this.#importing = false
    // A blocking run that came in between has refused the call itself.
    if (this.#calls[0] === call) {
      this.#calls.shift()
      this.#callSoon(call, fn)
    }
    this.#run()
  }

  /** @param fn the function, or why it can't be called */
  #callSoon(call: Call, fn: AnyFunction | string): void {
    if (typeof fn === 'string') return this.#fail(call, fn)
    let args: unknown[]
    try {
      args = unpack(call.args() as Packed) as unknown[]
    } catch (cause) {
      return this.#fail(call, `its args can't be read: ${reasonOf(cause)}`)
    }
    try {
      if (call.coroutine === undefined) this.#loop.callSoon(fn, ...args)
      else this.#loop.callSoon(() => this.#start(call, fn, args))
    } catch (error) {
      this.#fail(call, (error as Error).message) // the loop is closed
    }
  }

  #start(call: Call, fn: AnyFunction, args: readonly unknown[]): void {
    const { id } = call.coroutine as RemoteCoroutine // it is one
    const { coroutines } = call.caller
    if (!coroutines.has(id)) return this.#end(call, 'cancelled')
    let awaitable: unknown
    try {
      awaitable = fn(...args)
      if (!isAwaitable(awaitable))
        throw new TypeError(`A coroutine object is required, ${fn.name}() returned ${repr(awaitable)}`)
    } catch (error) {
      return this.#end(call, 'error', packError(error))
    }
    try {
      const future = this.#loop.ensureFuture(awaitable as Awaitable<unknown>)
      coroutines.set(id, future)
      future.addDoneCallback(() => this.#reply(call, future))
    } catch (error) {
      this.#end(call, 'error', packError(error))
      throw error // as in asyncio, a failing task factory is also an error of this loop
    }
  }

  #reply(call: Call, future: Future): void {
    if (future.cancelled()) return this.#end(call, 'cancelled')
    if (future.hasException()) return this.#end(call, 'error', packError(future.exception()))
    try {
      const failure = "the result of the coroutine can't be sent to another thread"
      packAndSend(future.result(), failure, (packed, transfer) => this.#end(call, 'result', packed, transfer))
    } catch (error) {
      this.#end(call, 'error', packError(error))
    }
  }

  #end(
    { caller, coroutine }: Call,
    kind: 'result' | 'error' | 'cancelled',
    value?: unknown,
    transfer?: readonly Transferable[],
  ): void {
    const { id, wakeCell } = coroutine as RemoteCoroutine // nothing else is answered
    caller.channel.post({ kind, id }, value, transfer)
    wake(wakeCell)
    caller.coroutines.delete(id)
  }

  /** Reports a failed call. callSoonThreadsafe() has already returned, so its caller learns of it at the next call. */
  #fail(call: Call, reason: string): void {
    const { fn, caller, coroutine } = call
    const message = `${fn.name}() of ${fn.module} can't be called on the loop's thread: ${reason}`
    const exception = new RuntimeError(message)
    if (coroutine !== undefined) return this.#end(call, 'error', packError(exception))
    caller.channel.post({ kind: 'failure', message })
    this.#loop.callExceptionHandler({ message: 'Error in callSoonThreadsafe()', exception })
  }
}
