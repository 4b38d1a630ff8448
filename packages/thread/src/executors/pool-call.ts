import type { Future, SentCall } from '../futures/future.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import type { PoolCallOptions } from './call-options.ts'
import { hasBegun } from './claim.ts'
import { numberOf } from './function-number.ts'
import type { PoolWorker } from './pool-worker.ts'

/** How a function is called: once, for each of many lists of arguments, or to send what it yields. */
export type CallKind = 'one' | 'many' | 'stream'

/** The actions of a pool for a call that its Future no longer wants. */
export interface CallOwner {
  takeBack(call: PoolCall): boolean
  requestStop(call: PoolCall): void
  requestEnd(call: PoolCall, graceTime: number | undefined): void
}

/** The parts of a call. */
export interface CallParts {
  readonly fn: AnyFunction
  readonly args: readonly unknown[]
  readonly kind: CallKind
  readonly options: PoolCallOptions
  /** Of a stream: takes what the function yields. */
  readonly onItem?: ((item: unknown) => void) | undefined
  /** For a stream: how many items it may be ahead of its consumer. */
  readonly credit?: number | undefined
}

/** A call on its way from `submit` to its result: it is queued, or a worker has it. */
export class PoolCall implements SentCall {
  readonly fn: AnyFunction
  readonly args: readonly unknown[]
  readonly kind: CallKind
  readonly options: PoolCallOptions
  readonly onItem: ((item: unknown) => void) | undefined
  readonly credit: number
  readonly future: Future
  readonly queuedAt: number = performance.now()
  isQueued = false
  /** Whether a worker has, or had it. */
  isSent = false
  /** Whether another worker may take it, should this one end before it has begun it. */
  repeatable = true
  worker: PoolWorker | undefined = undefined
  /** The number it has with its worker, and its slot there. */
  id = 0
  slot = 0
  /** While its worker runs another call: see `calls-ahead.ts`; 0 otherwise. */
  ticket = 0
  startedAt = 0
  /** Whether its worker has said that it has begun, from when on its time counts. */
  isTimed = false
  /** When its time is over; before it has begun, when its worker should have said so. */
  timeoutAt: number = Number.POSITIVE_INFINITY
  /** When it should have begun, if its worker was free; not looked at after that. */
  lateAt: number = Number.POSITIVE_INFINITY
  /** When its worker is ended, after it was asked to stop. */
  killAt: number = Number.POSITIVE_INFINITY
  /** Takes the listener off its signal. */
  release: (() => void) | undefined = undefined
  readonly #owner: CallOwner

  constructor(owner: CallOwner, future: Future, parts: CallParts) {
    this.#owner = owner
    this.future = future
    // Not `parts` itself: an object literal that lives for long is allocated in the old generation after a while, where
    // that may start a collection; see `Slots`.
    this.fn = parts.fn
    this.args = parts.args
    this.kind = parts.kind
    this.options = parts.options
    this.onItem = parts.onItem
    this.credit = parts.credit ?? 0
    future.sent = this
  }

  get name(): string {
    return this.fn.name
  }

  hasBegun(): boolean {
    return this.worker !== undefined && hasBegun(this.worker.shared.claims, this.slot, this.id)
  }

  get isAhead(): boolean {
    return this.ticket !== 0 && !this.hasBegun()
  }

  get obstacle(): string | undefined {
    const { worker } = this
    if (worker === undefined || worker.readyAt === 0) return undefined
    if (this.hasBegun()) {
      const isLoaded = worker.known.has(numberOf(this.fn))
      return isLoaded
        ? undefined
        : `worker ${worker.number} still loads its module, which does not come to its end there`
    }
    const last = worker.lastCall === '' ? 'its initializer' : `${worker.lastCall}()`
    return `worker ${worker.number} has not begun it: ${last} or a call before it has left something running there`
  }

  takeBack(): boolean {
    return this.#owner.takeBack(this)
  }

  requestStop(): void {
    this.#owner.requestStop(this)
  }

  requestEnd(graceTime: number | undefined): boolean {
    if (this.options.abandonOnCancel === true) return false
    this.#owner.requestEnd(this, graceTime)
    return true
  }
}
