// The way from a Submitter to the client that communicates with Redis for it. That runs on the thread of the program,
// where a call costs no change of threads, until the thread blocks while calls are open. Nothing that waits for the
// host would happen then; so a client on a separate thread continues, which all executors share, and wakes this one:
//
//   this thread ──▶ SubmittingClient ──▶ Redis             until it blocks
//   this thread ──port──▶ client thread ──▶ Redis          from then on
//               ◀──port── and its wake cell, for when this thread sleeps

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { addSource, isClosed, removeSource, type Source } from 'spindle/internal/thread'
import type { FromSubmittingClient, ToSubmittingClient } from '../calls/protocol.ts'
import { ClientThread } from './client-thread.ts'
import type { Submitter } from './submitter.ts'
import { type Left, SubmittingClient, type SubmittingClientOptions } from './submitting-client.ts'

const MAX_BATCH = 500
const POLLED_MS = 100 // without a turn of the host: who polls for so long blocks
const LONG = 2 ** 31 - 1

export class ClientLink implements Source {
  readonly #options: SubmittingClientOptions
  readonly #owner: Submitter
  #here: SubmittingClient | undefined
  #port: MessagePort | undefined // to the client on the client thread
  #leaveThread: () => void = () => {}
  #outbox: ToSubmittingClient[] = []
  // Messages that were received but not handled yet. A handler may block, and then receives the rest of its batch
  // itself.
  #inbox: FromSubmittingClient[] = []
  #taken = 0
  #polledAt: number | undefined // since the host had its last turn
  #isGone = false
  #isHeld = false
  #isClosing = false
  readonly #alive = setInterval(() => {}, LONG).unref() // keeps the program alive, when it is to

  constructor(options: SubmittingClientOptions, owner: Submitter) {
    this.#options = options
    this.#owner = owner
    addSource(this)
  }

  /** Whether anything is still expected that a thread may block for. */
  get pending(): boolean {
    return this.#isHeld
  }

  get due(): number {
    return this.#owner.due
  }

  /**
   * Posts together with everything else that is posted in this turn, or until this thread blocks: that costs a third.
   */
  post(message: ToSubmittingClient): void {
    this.#isClosing ||= message.kind === 'close'
    const count = this.#outbox.push(message)
    if (count === 1) queueMicrotask(() => this.#flush())
    // The client thread begins with them, and one batch is not too large.
    else if (count === MAX_BATCH && this.#port !== undefined) this.#flush()
  }

  /** Whether messages are pending, and whether the program may end all the same. */
  hold(isHeld: boolean, mayEnd: boolean = !isHeld): void {
    this.#isHeld = isHeld
    if (mayEnd) this.#alive.unref()
    else this.#alive.ref()
  }

  receive(look: boolean, isBlocked: boolean): void {
    if (this.#isGone) return
    this.#takeAll()
    if (this.#isGone) return // a callback blocked, and noticed the end
    if (this.#port === undefined && this.#isHeld && (isBlocked || this.#isPolled())) this.#leave()
    if (this.#port !== undefined) this.#flush()
    if (this.due <= performance.now()) this.#owner.whenDue()
    if (look && this.#port !== undefined && isClosed(this.#port)) this.#end(undefined)
  }

  #isPolled(): boolean {
    const now = performance.now()
    if (this.#polledAt !== undefined) return now - this.#polledAt > POLLED_MS
    this.#polledAt = now
    setImmediate(() => (this.#polledAt = undefined)).unref()
    return false
  }

  #takeAll(): void {
    while (this.#hasMessage()) {
      const message = this.#inbox[this.#taken++] as FromSubmittingClient
      if (message.kind === 'closed') this.#end(undefined)
      else this.#owner.take(message)
    }
  }

  #hasMessage(): boolean {
    while (this.#taken === this.#inbox.length) {
      const got = this.#isGone || this.#port === undefined ? undefined : receiveMessageOnPort(this.#port)
      this.#inbox = (got?.message as FromSubmittingClient[] | undefined) ?? []
      this.#taken = 0
      if (got === undefined) return false
    }
    return true
  }

  #flush(): void {
    if (this.#outbox.length === 0 || this.#isGone) return
    const messages = this.#outbox
    this.#outbox = []
    if (this.#port === undefined && this.#here === undefined) this.#start()
    this.#port?.postMessage(messages)
    this.#here?.take(messages)
  }

  #start(): void {
    // For a Redis Cluster, ioredis opens further connections, which would keep the program alive.
    if (this.#options.redis.cluster !== undefined) return this.#startThread(undefined)
    // Its messages are handled when it has finished: no callback of a Future runs within `submit` or `cancel`.
    this.#here = new SubmittingClient(this.#options, (message) => {
      if (this.#inbox.push(message) - this.#taken === 1) process.nextTick(() => this.#takeAll())
    })
  }

  /** The thread blocks: a client thread continues. */
  #leave(): void {
    const left = this.#here?.leave()
    this.#here = undefined
    if (this.#isClosing && left?.entries.length === 0) return this.#end(undefined)
    this.#startThread(left)
  }

  #startThread(left: Left | undefined): void {
    const { port, leave } = ClientThread.join(this.#options, left, (cause) => this.#end(cause))
    this.#port = port
    this.#leaveThread = leave
    port.on('message', (messages: FromSubmittingClient[]) => {
      this.#inbox = [...this.#inbox.slice(this.#taken), ...messages]
      this.#taken = 0
      this.#takeAll()
    })
    port.unref() // a listener holds it
    if (this.#isClosing) this.post({ kind: 'close' }) // again: the client that was here has not closed
  }

  #end(cause: unknown): void {
    if (this.#isGone) return
    this.#isGone = true // the port is closed: receiving from it would crash the process with SIGSEGV
    removeSource(this)
    clearInterval(this.#alive)
    this.#port?.close()
    this.#leaveThread()
    this.#owner.gone(cause)
  }
}
