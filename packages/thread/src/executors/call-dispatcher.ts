import { toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, type Packed, pack, serialized, type Transferable } from '../transport/serialize.ts'
import { CallQueue, priorityOf } from './call-queue.ts'
import { CALLS_AHEAD, type CallsAhead } from './calls-ahead.ts'
import { offer, takeBack } from './claim.ts'
import type { PoolCall } from './pool-call.ts'
import type { PoolWorker } from './pool-worker.ts'
import { numberOf } from './protocol.ts'
import type { WorkerPool } from './worker-pool.ts'

/** The queue of a pool, and the calls that its workers have. Decides which worker has which call. */
export class CallDispatcher {
  readonly #pool: WorkerPool
  readonly #queue = new CallQueue()
  readonly #ahead: CallsAhead | undefined
  /** How many calls a worker has at most. */
  readonly slots: number
  /** How many calls may run now. */
  running = 0

  constructor(pool: WorkerPool) {
    const { callsPerWorker, maxTasksPerChild } = pool.options
    this.#pool = pool
    this.#ahead = callsPerWorker === 1 && maxTasksPerChild === Number.POSITIVE_INFINITY ? pool.factory.ahead : undefined
    this.slots = callsPerWorker + (this.#ahead === undefined ? 0 : CALLS_AHEAD)
  }

  get waiting(): number {
    return this.#queue.size + (this.#ahead?.size ?? 0)
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
      this.#ahead?.advance()
      if (ahead === undefined && this.#queue.size === 0) break
      const worker = this.#pool.workers.takeFree(ahead?.worker)
      if (worker === undefined) break
      if (ahead === undefined)
        this.#assign(worker, this.#queue.shift() as PoolCall) // there is one
      else if (ahead.worker === worker) {
        this.#release(ahead)
        worker.postLater({ kind: 'turn' })
      } else if (this.#retract(ahead)) this.#assign(worker, ahead)
      else this.#pool.rest(worker) // it has begun just now
    }
  }

  /** Takes back a call that has not begun. Returns false if it has. */
  takeBack(call: PoolCall): boolean {
    const { worker } = call
    if (worker === undefined) this.#queue.remove(call)
    else if (worker.running.get(call.id) !== call || !takeBack(worker.shared.claims, call.slot, call.id)) return false
    else this.remove(worker, call)
    return true
  }

  /** A message of the call has arrived: it has begun. */
  markBegun(call: PoolCall): void {
    if (call.ticket !== 0) this.#release(call)
  }

  remove(worker: PoolWorker, call: PoolCall): void {
    const isAhead = call.ticket !== 0
    if (isAhead) this.#ahead?.remove(call)
    else this.running--
    worker.running.delete(call.id)
    if (!isAhead) this.#pool.rest(worker)
  }

  /** Takes the calls of a worker that is gone. Assigns repeatable calls that have not begun to other workers. */
  removeAll(worker: PoolWorker, isRepeatable: boolean): PoolCall[] {
    this.#recall(Number.POSITIVE_INFINITY)
    const calls = worker.running.items()
    for (const call of calls) this.markBegun(call)
    worker.running.clear()
    this.running -= calls.length
    return calls.filter((call) => !(isRepeatable && this.#reassign(worker, call)))
  }

  /** The first call ahead that has not begun. */
  #firstAhead(): PoolCall | undefined {
    for (;;) {
      const call = this.#ahead?.first
      if (call === undefined || !call.hasBegun()) return call
      this.#release(call)
    }
  }

  /** Puts calls that were sent ahead back into the queue, if their priority is below `limit`. */
  #recall(limit: number): void {
    for (let call = this.#ahead?.last; call !== undefined; call = this.#ahead?.last) {
      if (priorityOf(call) >= limit || !this.#retract(call)) return
      this.#queue.unshift(call)
    }
  }

  /** Takes a call that was sent ahead away from its worker. Returns false if it has begun. */
  #retract(call: PoolCall): boolean {
    const { worker } = call
    if (worker === undefined || !takeBack(worker.shared.claims, call.slot, call.id)) return false
    this.#ahead?.remove(call)
    worker.running.delete(call.id)
    worker.calls--
    call.worker = undefined
    return true
  }

  /** Sends waiting calls to workers that compute, as far as calls still begin in the same order. */
  #sendAhead(): void {
    if (this.#ahead === undefined) return
    let worker: PoolWorker | undefined
    for (let call = this.#queue.first; call !== undefined && isLight(call); call = this.#queue.first) {
      const fn = numberOf(call.fn)
      // Several to the same worker, which then need not wait for the turns of another.
      if (worker === undefined || !mayHaveAhead(worker, fn)) worker = this.#leastAhead(fn)
      if (worker === undefined) return
      this.#queue.shift()
      this.#send(worker, call, this.#ahead)
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
    if (this.#send(worker, call, undefined)) this.#start(worker, call)
  }

  /** The worker may begin the call. */
  #release(call: PoolCall): void {
    const { worker } = call
    this.#ahead?.remove(call)
    this.running++
    if (worker === undefined) return
    this.#pool.workers.takeIdle(worker)
    this.#start(worker, call)
  }

  #start(worker: PoolWorker, call: PoolCall): void {
    const { emitter, limits, waitTime: times } = this.#pool
    call.startedAt = performance.now()
    limits.start(call, worker.isReady && worker.active === 1)
    const waitTime = call.startedAt - call.queuedAt
    times.add(waitTime)
    emitter.emit('call:started', () => ({ name: call.name, worker: worker.number, waitTime }))
    if (this.waiting === 0) emitter.emit('drain', () => ({}))
  }

  /** Posts a call to its worker. Returns false if its args can't be sent. */
  #send(worker: PoolWorker, call: PoolCall, ahead: CallsAhead | undefined): boolean {
    const { kind } = this.#pool.factory
    if (!call.isSent) call.future.setRunningOrNotifyCancel()
    call.isSent = true
    call.worker = worker
    call.id = ++worker.lastId
    call.slot = worker.running.free
    worker.running.put(call.slot, call.id, call)
    worker.calls++
    if (ahead === undefined) this.running++
    else ahead.add(call, worker)
    offer(worker.shared.claims, call.slot, call.id)
    const transfer: Transferable[] = []
    try {
      const { id, slot, ticket, args, kind: how, credit } = call
      const number = numberOf(call.fn)
      const reference = worker.known.has(number) ? undefined : toReference(call.fn)
      let packed: Packed = isLight(call) ? { value: args, standIns: undefined } : pack(args, transfer)
      if (kind === 'process') packed = serialized(packed, transfer)
      const isTimed = call.options.timeout !== undefined
      const fn = { number, reference }
      const message = { kind: 'call', id, slot, ticket, fn, args: packed, how, credit, isTimed } as const
      if (ahead === undefined) worker.postLater(message, transfer)
      else worker.postAhead(message)
      if (transfer.length > 0) call.repeatable = false // its buffers have moved
    } catch (cause) {
      discard(transfer)
      worker.calls--
      this.remove(worker, call)
      const what = `the args of ${call.name}() can't be sent to another ${kind}: ${reasonOf(cause)}`
      this.#pool.settleLater(call, { kind: 'failure', error: new TypeError(what, { cause }) })
      return false
    }
    worker.keepAlive(true)
    return true
  }

  /**
   * Assigns a call to another worker, because its idle worker has ended before it saw the call. Not if the worker was
   * never idle: workers that can't begin would be started again and again.
   */
  #reassign(worker: PoolWorker, call: PoolCall): boolean {
    if (!call.repeatable || worker.calls === 1 || call.hasBegun()) return false
    let other: PoolWorker | undefined
    try {
      other = this.#pool.workers.takeFree()
    } catch {} // none can be started: the call fails
    if (other !== undefined) this.#assign(other, call)
    return other !== undefined
  }
}

const REFILL_AT = CALLS_AHEAD / 2 // a worker with more need not be woken

function mayHaveAhead({ running, isEnding, known }: PoolWorker, fn: number): boolean {
  return !running.isFull && !isEnding && known.has(fn)
}

/** Whether it costs next to nothing to send a call twice. */
function isLight({ args }: PoolCall): boolean {
  return args.every((arg) => (typeof arg === 'string' ? arg.length < 1000 : Object(arg) !== arg))
}
