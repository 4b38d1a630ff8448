import { realTime } from '../shared-memory/real-time.ts'
import { toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, isObject, type Packed, pack, serialized, type Transferable } from '../transport/serialize.ts'
import { bufferSizeOf } from './call-options.ts'
import { CallQueue, priorityOf } from './call-queue.ts'
import { CALLS_AHEAD, CallsAhead } from './calls-ahead.ts'
import { offer, takeBack } from './claim.ts'
import type { PoolCall } from './pool-call.ts'
import { PoolWorker } from './pool-worker.ts'
import { numberOf } from './protocol.ts'
import type { WorkerPool } from './worker-pool.ts'

/** The queue of a pool, and the calls that its workers have. Decides which worker has which call. */
export class CallDispatcher {
  readonly #pool: WorkerPool
  readonly #queue = new CallQueue()
  readonly #ahead = new CallsAhead()
  readonly #mostAhead: number // of a worker

  constructor(pool: WorkerPool) {
    const { callsPerWorker, maxTasksPerChild } = pool.options
    const mayBeAhead = pool.factory.kind === 'thread' && callsPerWorker === 1 && !Number.isFinite(maxTasksPerChild)
    this.#pool = pool
    this.#mostAhead = mayBeAhead ? CALLS_AHEAD : 0
  }

  /** @throws what prevents a new worker from starting */
  startWorker(number: number): PoolWorker {
    const { factory, options } = this.#pool
    return new PoolWorker(number, factory, options.callsPerWorker + this.#mostAhead, this.#ahead.turn)
  }

  get waiting(): number {
    return this.#queue.size + this.#ahead.size
  }

  add(call: PoolCall): void {
    this.#recall(priorityOf(call))
    this.#queue.push(call)
  }

  takeAll(): PoolCall[] {
    this.#recall(Number.POSITIVE_INFINITY)
    return this.#queue.takeAll()
  }

  /** Assigns waiting calls to free workers. @throws what prevents a new worker from starting */
  dispatch(): void {
    try {
      this.#assignAll()
      this.#sendAhead()
    } finally {
      // Each once, if anything was posted to it. A wake costs more than all else about a small call.
      for (const worker of this.#pool.workers) worker.wake()
    }
  }

  #assignAll(): void {
    for (;;) {
      const ahead = this.#firstAhead()
      this.#ahead.advance()
      if (ahead === undefined && this.#queue.size === 0) break
      const worker = this.#pool.workers.takeFree(ahead?.worker)
      if (worker === undefined) break
      if (ahead === undefined)
        this.#assign(worker, this.#queue.shift() as PoolCall) // there is one
      else if (ahead.worker === worker) {
        this.#release(ahead, false)
        worker.postLater({ kind: 'turn' })
      } else if (this.#retract(ahead)) this.#assign(worker, ahead)
      else this.#pool.rest(worker) // it has begun just now
    }
  }

  /** Takes back a call that has not begun. Returns false if it has. */
  takeBack(call: PoolCall): boolean {
    const { worker } = call
    if (worker === undefined) this.#queue.remove(call)
    else if (worker.running.get(call.id) !== call || !takeBack(worker.shared.claims, call.id)) return false
    else this.remove(worker, call)
    return true
  }

  /** A message of the call has arrived: it has begun. */
  markBegun(call: PoolCall): void {
    if (call.ticket !== 0) this.#release(call, true)
  }

  remove(worker: PoolWorker, call: PoolCall): void {
    worker.running.delete(call.id)
    if (call.ticket !== 0) this.#ahead.remove(call)
    else this.#pool.rest(worker)
  }

  /**
   * Takes the calls of a worker that is gone. Repeatable calls that it has not seen are queued again, except the first
   * call of a worker: otherwise workers that can't begin would be started again and again.
   */
  removeAll(worker: PoolWorker, isRepeatable: boolean): PoolCall[] {
    this.#recall(Number.POSITIVE_INFINITY)
    const calls = worker.running.items()
    for (const call of calls) this.markBegun(call)
    const isUnseen = (call: PoolCall): boolean => call.repeatable && !call.hasBegun()
    const unseen = isRepeatable && worker.lastId > 1 ? calls.filter(isUnseen) : []
    for (const call of calls) worker.running.delete(call.id)
    for (const call of unseen) this.#queueAgain(call)
    return calls.filter((call) => !call.isQueued)
  }

  /** Queues a call again that its worker could not begin. */
  giveBack(worker: PoolWorker, call: PoolCall): void {
    worker.running.delete(call.id)
    this.#queueAgain(call)
    this.#pool.rest(worker)
  }

  /** Takes back the calls that were sent ahead to a worker. A call that has begun there runs to its end. */
  recallFrom(worker: PoolWorker): void {
    for (const call of worker.running.items().reverse()) {
      if (call.ticket !== 0 && this.#retract(call)) this.#queueAgain(call)
      else this.markBegun(call)
    }
  }

  /** The first call ahead that has not begun. */
  #firstAhead(): PoolCall | undefined {
    for (;;) {
      const call = this.#ahead.first
      if (call === undefined || !call.hasBegun()) return call
      this.#release(call, true)
    }
  }

  /** Puts calls that were sent ahead back into the queue, if their priority is below `limit`. */
  #recall(limit: number): void {
    for (let call = this.#ahead.last; call !== undefined; call = this.#ahead.last) {
      if (priorityOf(call) >= limit || !this.#retract(call)) return
      this.#queueAgain(call)
    }
  }

  #queueAgain(call: PoolCall): void {
    call.worker = undefined
    this.#queue.unshift(call)
  }

  /** Takes a call that was sent ahead away from its worker. Returns false if it has begun. */
  #retract(call: PoolCall): boolean {
    const { worker } = call
    if (worker === undefined || !takeBack(worker.shared.claims, call.id)) return false
    this.#ahead.remove(call)
    worker.running.delete(call.id)
    return true
  }

  /** Sends waiting calls to workers that compute, as far as calls still begin in the same order. */
  #sendAhead(): void {
    if (this.#mostAhead === 0) return
    let worker: PoolWorker | undefined
    for (let call = this.#queue.first; call !== undefined && isLight(call); call = this.#queue.first) {
      const fn = numberOf(call.fn)
      // Several to the same worker, which then need not wait for the turns of another.
      if (worker === undefined || !mayHaveAhead(worker, fn)) worker = this.#leastAhead(fn)
      if (worker === undefined) return
      this.#queue.shift()
      this.#ahead.add(call, worker)
      this.#send(worker, call)
    }
  }

  #leastAhead(fn: number): PoolWorker | undefined {
    let best: PoolWorker | undefined
    for (const worker of this.#pool.workers) {
      if (worker.ahead > REFILL_AT || !mayHaveAhead(worker, fn)) continue
      if (best === undefined || worker.ahead < best.ahead) best = worker
    }
    return best
  }

  #assign(worker: PoolWorker, call: PoolCall): void {
    if (this.#send(worker, call)) this.#start(worker, call, worker.isReady && worker.active === 1)
  }

  /** The worker may begin the call, or has begun it. */
  #release(call: PoolCall, hasBegun: boolean): void {
    const { worker } = call
    this.#ahead.remove(call)
    if (worker === undefined) return
    this.#pool.workers.takeIdle(worker)
    this.#start(worker, call, !hasBegun && worker.isReady && worker.active === 1)
  }

  /** @param isFree whether the worker should begin it now */
  #start(worker: PoolWorker, call: PoolCall, isFree: boolean): void {
    const { emitter, limits, counts } = this.#pool
    call.startedAt = realTime()
    limits.start(call, isFree)
    const waitTime = call.startedAt - call.queuedAt
    counts.waitTime.add(waitTime)
    if (emitter.hears('call:started'))
      emitter.emit('call:started', { name: call.name, worker: worker.number, waitTime })
    if (this.waiting === 0) emitter.emit('drain', {})
  }

  /** Posts a call to its worker. Returns false if its args can't be sent. */
  #send(worker: PoolWorker, call: PoolCall): boolean {
    const { kind } = this.#pool.factory
    call.worker = worker
    call.id = worker.lastId = worker.running.freeId(worker.lastId)
    worker.running.put(call.id, call)
    worker.calls++
    offer(worker.shared.claims, call.id)
    const transfer: Transferable[] = []
    try {
      const { id, ticket, args, kind: how } = call
      const fn = numberOf(call.fn)
      const reference = worker.known.has(fn) ? undefined : toReference(call.fn)
      let packed: Packed = isLight(call) ? { value: args, standIns: undefined } : pack(args, transfer)
      if (kind === 'process') packed = serialized(packed, transfer)
      const isTimed = call.options.timeout !== undefined
      const credit = how === 'stream' ? bufferSizeOf(call.options) : 0
      const message = { kind: 'call', id, ticket, fn, reference, args: packed, how, credit, isTimed } as const
      if (ticket === 0) worker.postLater(message, transfer)
      else worker.postAhead(message)
      if (transfer.length > 0) call.repeatable = false // its buffers have moved
    } catch (cause) {
      discard(transfer)
      this.remove(worker, call)
      const what = `the args of ${call.name}() can't be sent to another ${kind}: ${reasonOf(cause)}`
      this.#pool.settleLater(call, { kind: 'failure', error: new TypeError(what, { cause }) })
      return false
    }
    worker.keepAlive(true)
    return true
  }
}

const REFILL_AT = CALLS_AHEAD / 2 // a worker with more need not be woken

function mayHaveAhead({ running, isEnding, illness, known }: PoolWorker, fn: number): boolean {
  return !running.isFull && !isEnding && illness === undefined && known.has(fn)
}

/** Whether it costs next to nothing to send a call twice. */
function isLight({ args }: PoolCall): boolean {
  return args.every(isSmall)
}

function isSmall(arg: unknown): boolean {
  return typeof arg === 'string' ? arg.length < 1000 : !isObject(arg)
}
