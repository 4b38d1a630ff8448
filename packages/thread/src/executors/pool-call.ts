import { Future, type SentCall } from '../futures/future.ts'
import { realTime } from '../shared-memory/real-time.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import type { PoolCallOptions } from './call-options.ts'
import { hasBegun } from './claim.ts'
import type { PoolWorker } from './pool-worker.ts'
import { type FromWorker, numberOf } from './protocol.ts'
import type { WorkerPool } from './worker-pool.ts'

/** How a function is called: once, once for each list of arguments, or to send its items. */
export type CallKind = 'one' | 'many' | 'stream'

export interface CallParts {
  readonly fn: AnyFunction
  readonly args: readonly unknown[]
  readonly kind: CallKind
  readonly options: PoolCallOptions
  readonly onItem?: ((item: unknown) => void) | undefined
}

/** How a call ended: by a message of its worker, or by an error of the pool. */
export type CallEnd =
  | (FromWorker & { kind: 'result' | 'error' })
  | { readonly kind: 'failure'; readonly error: unknown }

/** A call from `submit` to its result: in the queue, or with a worker. */
export class PoolCall implements SentCall {
  readonly fn: AnyFunction
  readonly args: readonly unknown[]
  readonly kind: CallKind
  readonly options: PoolCallOptions
  readonly onItem: ((item: unknown) => void) | undefined
  readonly future: Future = new Future()
  readonly queuedAt: number = realTime()
  isQueued = false
  /** Whether another worker may take it if this worker ends before the call begins. */
  repeatable = true
  worker: PoolWorker | undefined = undefined
  /** The number it has with its worker. */
  id = 0
  /** While it is ahead: see `calls-ahead.ts`; 0 otherwise. */
  ticket = 0
  startedAt = 0
  /** Whether its worker has reported that it has begun. Its time limit counts from then on. */
  isTimed = false
  // Few calls have these times, and V8 allocates an object for each field that always has a number.
  /** When it times out. Before it has begun: when its worker should have reported that. */
  timeoutAt: number | undefined = undefined
  /** When an event reports that it has not begun. */
  lateAt: number | undefined = undefined
  /** When its worker is killed, after a stop request. */
  killAt: number | undefined = undefined
  end: CallEnd | undefined = undefined
  /** Removes the listener of its signal. */
  release: (() => void) | undefined = undefined
  readonly #owner: WorkerPool

  constructor(owner: WorkerPool, parts: CallParts) {
    this.#owner = owner
    // Not `parts` itself: V8 soon allocates an object literal that lives for long in the old generation; see `Slots`.
    this.fn = parts.fn
    this.args = parts.args
    this.kind = parts.kind
    this.options = parts.options
    this.onItem = parts.onItem
    this.future.sent = this
  }

  get name(): string {
    return this.fn.name
  }

  hasBegun(): boolean {
    const { worker, id } = this
    if (worker === undefined) return false
    return worker.running.get(id) !== this || hasBegun(worker.shared.claims, id)
  }

  get hasWorker(): boolean {
    return this.worker !== undefined && (this.ticket === 0 || this.hasBegun())
  }

  get obstacle(): string | undefined {
    const { worker } = this
    if (worker?.isReady !== true || this.ticket !== 0) return undefined // an earlier call runs
    const last = worker.lastCall === '' ? 'its initializer' : `${worker.lastCall}()`
    const left = `${last} or a call before it has left something running there`
    if (!this.hasBegun() || worker.isBusy) return `worker ${worker.number} has not begun it: ${left}`
    if (worker.known.has(numberOf(this.fn))) return undefined
    const loads = `worker ${worker.number} still loads its module, or waits at the top level of it`
    return worker.lastCall === '' ? loads : `${loads}; or ${left}`
  }

  takeBack(): boolean {
    return this.#owner.takeBack(this)
  }

  requestStop(): void {
    this.#owner.limits.requestStop(this)
  }

  requestEnd(graceTime: number | undefined): boolean {
    if (this.options.abandonOnCancel === true) return false
    this.#owner.limits.requestEnd(this, graceTime)
    return true
  }
}
