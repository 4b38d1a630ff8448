// The side of a loop's own thread. Other threads post calls and raise the loop's wake cell:
//
//   callSoonThreadsafe ──port──▶ Mailbox ──callSoon──▶ loop
//                      └─cell──▶ (a loop that sleeps in Atomics.wait)
//
// A blocked loop receives them when it wakes and before it sleeps; a loop that the host drives, on an event of the
// port.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { type EventLoop, RuntimeError } from '@spindle/loop'
import { isClosed } from '../shared-memory/block.ts'
import { connect } from '../shared-memory/wakeup.ts'
import { findLoaded } from '../transport/find-loaded-function.ts'
import type { AnyFunction, FunctionReference } from '../transport/function-reference.ts'
import { functionIn } from '../transport/import-function.ts'
import { type Packed, unpack } from '../transport/serialize.ts'
import { RemoteCoroutineHost, type ReplyTo } from './coroutine-host.ts'

/** The messages from a handle to the loop's thread. */
export type ToLoop =
  /** A call; with `reply`, that of a coroutine, whose end is reported there. */
  | {
      readonly kind: 'call'
      readonly fn: FunctionReference
      readonly args: Packed
      readonly reply?: ReplyTo | undefined
    }
  /** Another thread received the handle: its port. */
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** The thread ends, and will not call any more. */
  | { readonly kind: 'end' }

/** The reply: a call that was not possible. */
export interface Failure {
  readonly message: string
}

type Call = ToLoop & { readonly kind: 'call' } & { readonly port: MessagePort }

/** Receives the calls for a loop. */
export class Mailbox {
  static readonly #mailboxes = new WeakMap<EventLoop, Mailbox>()

  readonly #loop: EventLoop
  // One for each thread with a handle, which may still wake the loop.
  readonly #ports = new Set<MessagePort>()
  // In the order they came. All wait while the module of the first is being imported.
  #calls: Call[] = []
  readonly #coroutines: RemoteCoroutineHost
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
    this.#coroutines = new RemoteCoroutineHost(loop)
    connect(loop, () => this.#receive())
    loop.wakeSources.onDriven = (driven) => {
      for (const port of this.#ports) setRef(port, driven)
    }
  }

  /** From now on the holder of the other end may call. */
  add(port: MessagePort): void {
    this.#ports.add(port)
    this.#loop.wakeSources.add()
    port.on('message', (message: ToLoop) => {
      this.#take(message, port)
      this.#receive()
    })
    port.on('close', () => this.#drop(port))
    setRef(port, this.#loop.driver !== undefined)
  }

  #drop(port: MessagePort): void {
    if (!this.#ports.delete(port)) return
    port.close()
    this.#loop.wakeSources.remove()
  }

  #receive(): void {
    for (const port of this.#ports) {
      const before = this.#calls.length
      for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
        this.#take(got.message as ToLoop, port)
      }
      // A killed thread sends nothing. A thread that has just called is alive.
      if (this.#calls.length === before && isClosed(port)) this.#drop(port)
    }
    this.#coroutines.receive()
    this.#run()
  }

  #take(message: ToLoop, port: MessagePort): void {
    if (message.kind === 'call') this.#calls.push({ ...message, port })
    else if (message.kind === 'port') this.add(message.port)
    else this.#drop(port)
  }

  #run(): void {
    while (this.#calls.length > 0) {
      const call = this.#calls[0] as Call
      const fn = findLoaded(call.fn)
      if (fn !== undefined) {
        this.#calls.shift()
        this.#callSoon(call, fn)
      } else if (this.#loop.blocking) {
        this.#calls.shift()
        this.#fail(
          call,
          'its module is not loaded there, and cannot be while the loop blocks the thread. Import it there before',
        )
      } else {
        if (!this.#importing) void this.#import(call)
        return
      }
    }
  }

  async #import(call: Call): Promise<void> {
    this.#importing = true
    try {
      const fn = await functionIn(await import(/* webpackIgnore: true */ /* @vite-ignore */ call.fn.module), call.fn)
      if (this.#calls[0] === call) this.#callSoon(call, fn)
    } catch (error) {
      if (this.#calls[0] === call) this.#fail(call, (error as Error).message)
    }
    this.#importing = false
    // A blocking run that came in between has refused the call itself.
    if (this.#calls[0] === call) this.#calls.shift()
    this.#run()
  }

  #callSoon(call: Call, fn: AnyFunction): void {
    try {
      const args = unpack(call.args) as unknown[]
      if (call.reply === undefined) this.#loop.callSoon(fn, ...args)
      else this.#coroutines.start(call.reply, fn, args)
    } catch (error) {
      this.#fail(call, (error as Error).message) // the loop is closed
    }
  }

  /** Reports a failed call. The caller has continued, so it learns of the failure at its next call. */
  #fail({ fn, port, reply }: Call, reason: string): void {
    const failure: Failure = { message: `${fn.name}() of ${fn.module} can't be called on the loop's thread: ${reason}` }
    if (reply !== undefined) return this.#coroutines.refuse(reply, new RuntimeError(failure.message))
    port.postMessage(failure)
    this.#loop.callExceptionHandler({
      message: 'Error in callSoonThreadsafe()',
      exception: new RuntimeError(failure.message),
    })
  }
}

function setRef(port: MessagePort, ref: boolean): void {
  if (ref) port.ref()
  else port.unref()
}
