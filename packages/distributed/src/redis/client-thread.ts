// A thread that communicates with Redis on behalf of this one, and never runs user code. A blocked thread therefore
// still receives its results, and a coroutine that computes for a minute keeps its lock.
//
//   this thread ──port──▶ client thread ──▶ Redis
//               ◀──port── and its wake cell, for when this thread sleeps

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { addSource, isClosed, removeSource, type Source, wake, wakeCell } from 'spindle/internal/thread'
import { Thread } from 'spindle/thread'

const MAX_BATCH = 500
const YOUNG_MB = 12 // 48 by default, but these messages live briefly

/** The other end of the port, as the client thread receives it. */
export interface ClientPort {
  readonly port: MessagePort
  readonly ownersCell: Int32Array
}

/** Handlers for the messages of a client thread. */
export interface ClientOwner<From> {
  take(message: From): void
  /** Called when the thread has ended, with the error that ended it if the thread could not report it. */
  gone(cause: unknown): void
  /**
   * The time, by `performance.now()`, at which the handlers have something to do: no timer calls them while this thread
   * blocks.
   */
  readonly due?: number
  whenDue?(): void
}

export class ClientThread<To, From> implements Source {
  readonly #port: MessagePort
  readonly #owner: ClientOwner<From>
  readonly #thread: Thread
  #outbox: To[] = []
  // Messages that were received but not handled yet. A handler may block, and then receives the rest of its batch
  // itself.
  #inbox: From[] = []
  #taken = 0
  #isGone = false
  #isHeld = false

  /** @param target runs on the thread: an exported function of this package */
  constructor(name: string, target: (options: never) => Promise<void>, options: object, owner: ClientOwner<From>) {
    const { port1: near, port2: far } = new MessageChannel()
    this.#port = near
    this.#owner = owner
    this.#thread = new Thread({
      target,
      args: [{ ...options, port: far, ownersCell: wakeCell }] as never,
      name,
      daemon: true,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    near.on('message', (messages: From[]) => {
      this.#inbox = [...this.#inbox.slice(this.#taken), ...messages]
      this.#taken = 0
      this.receive(false)
    })
    near.on('close', () => this.#thread.onceEnded((cause) => this.#end(cause)))
    near.unref()
    this.#thread.startInternal('the options')
    addSource(this)
  }

  /** Whether anything is still expected that a thread may block for. */
  get pending(): boolean {
    return this.#isHeld
  }

  get due(): number {
    return this.#owner.due ?? Number.POSITIVE_INFINITY
  }

  /** Posts at once, after everything that was posted before. */
  post(message: To): void {
    this.#outbox.push(message)
    this.#flush()
  }

  /**
   * Posts together with everything else that is posted in this turn, or until this thread blocks: that costs a third.
   */
  postSoon(message: To): void {
    const count = this.#outbox.push(message)
    if (count === 1) queueMicrotask(() => this.#flush())
    else if (count === MAX_BATCH) this.#flush() // the client thread begins with them, and one batch is not too large
  }

  /** Whether messages are pending, and whether the program may end all the same. */
  hold(isHeld: boolean, mayEnd: boolean = !isHeld): void {
    this.#isHeld = isHeld
    if (this.#isGone) return
    if (mayEnd) this.#port.unref()
    else this.#port.ref()
  }

  receive(look: boolean): void {
    if (this.#isGone) return
    this.#flush()
    while (this.#hasMessage()) this.#owner.take(this.#inbox[this.#taken++] as From)
    if (this.#isGone) return // a callback blocked, and noticed the end
    if (this.due <= performance.now()) this.#owner.whenDue?.()
    if (look && isClosed(this.#port)) this.#end(undefined)
  }

  #hasMessage(): boolean {
    while (this.#taken === this.#inbox.length) {
      const got = this.#isGone ? undefined : receiveMessageOnPort(this.#port)
      this.#inbox = (got?.message as From[] | undefined) ?? []
      this.#taken = 0
      if (got === undefined) return false
    }
    return true
  }

  #flush(): void {
    if (this.#outbox.length === 0 || this.#isGone) return
    const messages = this.#outbox
    this.#outbox = []
    this.#port.postMessage(messages)
  }

  #end(cause: unknown): void {
    if (this.#isGone) return
    this.#isGone = true // the port is closed: receiving from it would crash the process with SIGSEGV
    removeSource(this)
    this.#port.close()
    this.#owner.gone(cause)
  }
}

/** The way back, on the client thread: messages posted in one turn are sent together. */
export class OwnerPort<To, From> {
  readonly #port: MessagePort
  readonly #ownersCell: Int32Array
  #outbox: From[] = []

  /** @param afterBatch called when messages that have come together are taken */
  constructor({ port, ownersCell }: ClientPort, take: (message: To) => void, afterBatch: () => void = () => {}) {
    this.#port = port
    this.#ownersCell = ownersCell
    port.on('message', (messages: To[]) => {
      for (const message of messages) take(message)
      afterBatch()
    })
  }

  /** Posts together with everything else that this turn and all of its promises lead to. */
  post(message: From): void {
    if (this.#outbox.push(message) === 1) process.nextTick(() => this.#flush())
  }

  /**
   * Ends the client thread without waiting for anything else: BullMQ and ioredis may never report that they are closed
   * if they are reconnecting.
   */
  close(): void {
    this.#flush()
    this.#port.close()
    process.exit() // ends only this thread
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const messages = this.#outbox
    this.#outbox = []
    this.#port.postMessage(messages)
    wake(this.#ownersCell)
  }
}
