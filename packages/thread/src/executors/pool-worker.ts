import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { BrokenExecutor } from '../errors.ts'
import { keepAlive } from '../shared-memory/host-turns.ts'
import type { Transferable } from '../transport/serialize.ts'
import type { CallsAhead } from './calls-ahead.ts'
import type { MessageLog } from './message-log.ts'
import type { PoolCall } from './pool-call.ts'
import { type ToWorker, toWire } from './protocol.ts'
import { Slots } from './slots.ts'

/** Creates the workers of a pool. */
export interface WorkerFactory {
  /**
   * Starts the worker of this number, which talks through the other end of `port`. It has at most `slots` calls, and
   * runs `callsAtOnce` of them.
   */
  start(number: number, port: MessagePort, slots: number, callsAtOnce: number): WorkerHandle
  /** The class of the error with which the calls of a worker that ended fail. */
  readonly BrokenPool: new (
    message: string,
    options?: ErrorOptions,
  ) => BrokenExecutor
  readonly kind: 'thread' | 'process'
  /** For workers that take calls ahead; see `calls-ahead.ts`. */
  readonly ahead?: CallsAhead
  /** Called when the pool has ended. */
  close?(): void
}

/** The means by which a pool controls a worker. */
export interface WorkerHandle {
  /** Called when there is a message for it. */
  wake(): void
  /** The call of this number, in this slot, is asked to stop. */
  requestStop(slot: number, id: number): void
  /** By which the pool and the worker agree on whether a call has begun, for each slot; see `claim.ts`. */
  readonly claims: Int32Array
  /** Logs of the messages to the pool and to the worker; see `message-log.ts`. */
  readonly incoming: MessageLog
  readonly outgoing: MessageLog
  /** Ends it at once; a process may have something left to do about SIGTERM. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void
  /** Waits until it is gone, after it has said that it ends. */
  join(): void
  /** Calls back when it is gone, and says why, if it could not do so itself. */
  onceGone(callback: (why: Death) => void): void
  /** Calls back with its output, if that is piped. */
  onOutput?(callback: (stream: 'stdout' | 'stderr', text: string) => void): void
  /** Why it is gone, as far as that is known while this thread blocks. */
  readonly likelyDeath: Death
  /** This process ends, while the worker has a call. */
  abandon(): void
}

/** Why a worker is gone that has not said so itself. */
export interface Death {
  readonly how: string
  readonly cause?: unknown
}

/** A worker, as its pool knows it. */
export class PoolWorker {
  readonly number: number
  readonly handle: WorkerHandle
  readonly port: MessagePort
  readonly known: Set<number> = new Set() // functions that it has loaded
  readonly running: Slots<PoolCall> // the calls that it has
  readonly startedAt: number = performance.now()
  readyAt = 0 // when its initializer was done; 0 before
  idleSince: number = performance.now()
  lastId = 0
  calls = 0 // how many it has had
  lastCall = '' // the one that it began last
  isEnding = false // it was asked to end
  ahead = 0 // how many of its calls it may not begin yet
  #isKeptAlive = false

  /** Starts it. @throws what prevents that */
  constructor(number: number, factory: WorkerFactory, slots: number, callsAtOnce: number) {
    const { port1: port, port2: farPort } = new MessageChannel()
    try {
      this.handle = factory.start(number, farPort, slots, callsAtOnce)
    } catch (error) {
      port.close()
      throw error
    }
    this.number = number
    this.port = port
    this.running = new Slots(slots)
    port.unref()
  }

  /** How many calls run on it. */
  get active(): number {
    return this.running.size - this.ahead
  }

  /** Whether the program must not end before it. */
  keepAlive(isNeeded: boolean): void {
    if (this.#isKeptAlive === isNeeded) return
    this.#isKeptAlive = isNeeded
    keepAlive(this.port, isNeeded)
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.handle.outgoing.note(message)
    try {
      this.port.postMessage(toWire(message), transfer)
    } catch (error) {
      this.handle.outgoing.takeBack()
      throw error
    }
    this.handle.wake()
  }
}
