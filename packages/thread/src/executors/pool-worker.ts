import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { BrokenExecutor } from '../errors.ts'
import { keepAlive } from '../shared-memory/host-turns.ts'
import { realTime } from '../shared-memory/real-time.ts'
import type { Transferable } from '../transport/serialize.ts'
import { MessageLog } from './message-log.ts'
import type { PoolCall } from './pool-call.ts'
import { type Call, type ToWorker, toWire } from './protocol.ts'
import { Slots } from './slots.ts'
import { SmallResults } from './small-results.ts'

export interface SharedWithWorker {
  /** For each slot, whether its call has begun, and should stop; see `claim.ts`. */
  readonly claims: Int32Array
  /** The ticket of the calls ahead that may begin next; see `calls-ahead.ts`. */
  readonly turn: Int32Array
  /** The cells of the logs of both directions; see `message-log.ts`. */
  readonly toPool: Int32Array
  readonly toWorker: Int32Array
  /** See `small-results.ts`. */
  readonly results: SharedArrayBuffer
}

export interface WorkerFactory {
  /** Starts a worker at the other end of `port`. */
  start(number: number, port: MessagePort, shared: SharedWithWorker): WorkerHandle
  readonly BrokenPool: typeof BrokenExecutor
  readonly kind: 'thread' | 'process'
  close?(): void
}

export interface WorkerHandle {
  wake?(): void
  /** Ends it at once. A process may handle SIGTERM first. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void
  /** Blocks until the worker, which has announced its end, is gone. */
  join?(): void
  onceGone(callback: (why: Death) => void): void
  /** Calls back with its output, if that is piped. */
  onOutput?(callback: (stream: 'stdout' | 'stderr', text: string) => void): void
  /** The probable reason of its end, while this thread blocks. */
  likelyDeath(): Death
  /** This process ends, while the worker has a call. */
  abandon?(): void
}

/** Why a worker is gone that has not reported it. */
export interface Death {
  readonly how: string
  readonly cause?: unknown
}

/** The pool's side of a worker. */
export class PoolWorker {
  readonly number: number
  readonly handle: WorkerHandle
  readonly port: MessagePort
  readonly shared: SharedWithWorker
  readonly incoming: MessageLog
  readonly results: SmallResults
  readonly #outgoing: MessageLog
  readonly known: Set<number> = new Set() // functions that it has loaded
  readonly running: Slots<PoolCall> // the calls that it has
  readonly startedAt: number = realTime()
  idleSince: number = realTime()
  lastId = 0 // of its calls
  calls = 0 // how many were sent to it
  lastCall = '' // the call that it began last
  isReady = false // its initializer is done
  isBusy = false // it has not begun its call, because an earlier one keeps it busy
  isEnding = false // the pool has requested its end
  illness: string | undefined = undefined // why it gets no more calls, and ends after those that it has
  ahead = 0 // how many of its calls it may not begin yet
  /** Set by the pool. Returns whether there was a message. */
  receive: () => boolean = () => false
  #isKeptAlive = false
  #isToWake = false
  #callsToPost: unknown[] = []

  /** Starts it. @throws what prevents that */
  constructor(number: number, factory: WorkerFactory, slots: number, turn: Int32Array) {
    const { port1: port, port2: farPort } = new MessageChannel()
    this.shared = {
      claims: new Int32Array(new SharedArrayBuffer(4 * slots)),
      turn,
      toPool: MessageLog.newCells(),
      toWorker: MessageLog.newCells(),
      results: SmallResults.newMemory(slots),
    }
    this.results = new SmallResults(this.shared.results)
    this.incoming = new MessageLog(this.shared.toPool)
    this.#outgoing = new MessageLog(this.shared.toWorker)
    try {
      this.handle = factory.start(number, farPort, this.shared)
    } catch (error) {
      port.close()
      throw error
    }
    this.number = number
    this.port = port
    this.running = new Slots(slots)
    port.unref()
  }

  get active(): number {
    return this.running.size - this.ahead
  }

  /** Whether the program must not end before it. */
  keepAlive(isNeeded: boolean): void {
    if (this.#isKeptAlive === isNeeded) return
    this.#isKeptAlive = isNeeded
    keepAlive(this.port, isNeeded)
  }

  post(message: ToWorker): void {
    this.postLater(message)
    this.wake()
  }

  /** Posts a message. The worker may sleep on until `wake` is called. */
  postLater(message: ToWorker, transfer: Transferable[] = []): void {
    this.#postAllAhead()
    this.#outgoing.post(this.port, message, transfer)
    this.#isToWake = true
  }

  /** Posts a call with primitive arguments. Such calls go in one message. */
  postAhead(call: Call): void {
    this.#callsToPost.push(toWire(call))
    this.#isToWake = true
  }

  wake(): void {
    if (!this.#isToWake) return
    this.#postAllAhead()
    this.handle.wake?.()
    this.#isToWake = false
  }

  #postAllAhead(): void {
    if (this.#callsToPost.length === 0) return
    this.#outgoing.post(this.port, { kind: 'ahead', calls: this.#callsToPost })
    this.#callsToPost = []
  }
}
