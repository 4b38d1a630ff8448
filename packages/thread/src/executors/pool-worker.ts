import type { MessagePort } from 'node:worker_threads'
import { hold } from '../shared-memory/host-turns.ts'
import type { Transferable } from '../transport/serialize.ts'
import type { MessageLog } from './message-log.ts'
import type { PoolCall } from './pool-call.ts'
import { type ToWorker, toWire } from './protocol.ts'
import { Slots } from './slots.ts'

/** A worker, as the factory knows it. */
export interface WorkerHandle {
  /** Called when there is a message for it. */
  wake(): void
  /** The call of this number, in this slot, is asked to stop. */
  requestStop(slot: number, id: number): void
  /** By which the pool and the worker agree on whether a call has begun, for each slot; see `claim.ts`. */
  readonly claims: Int32Array
  /** What was posted to the pool, and to the worker; see `message-log.ts`. */
  readonly incoming: MessageLog
  readonly outgoing: MessageLog
  /** Ends it at once; a process may have something left to do about SIGTERM. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void
  /** Waits until it is gone, after it has said that it ends. */
  join(): void
  /** Calls back when it is gone, and says why, if it could not do so itself. */
  onceGone(callback: (why: Death) => void): void
  /** Calls back with what it prints, if that is piped. */
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
  readonly hand: WorkerHandle
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
  #isHeld = false // whether the program waits for it

  constructor(number: number, hand: WorkerHandle, port: MessagePort, slots: number) {
    this.number = number
    this.hand = hand
    this.port = port
    this.running = new Slots(slots)
    port.unref()
  }

  /** Has the program wait for it, or not. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return
    this.#isHeld = isHeld
    hold(this.port, isHeld)
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.hand.outgoing.note(message)
    try {
      this.port.postMessage(toWire(message), transfer)
    } catch (error) {
      this.hand.outgoing.takeBack()
      throw error
    }
    this.hand.wake()
  }
}
