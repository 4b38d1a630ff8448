// The side of the executor: calls wait in line until a worker is free.
//
//   submit ──▶ #queue ──▶ a worker that is idle, or a new one, if there may be more    (its Future is running now)
//                            │ result, error                              │ it ended, in whatever way
//                            ▼                                            ▼
//                         the Future is done, the worker takes          its Future ends with the pool's error; others
//                         the next call                                 go on, and a new worker takes its place
//
// A Future may be done before its call is: when its time is over, or its signal aborted. The call keeps its place until
// it ends, or its worker is killed.

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { RuntimeError, TimeoutError } from '@spindle/loop'
import { QueueFull } from '@spindle/task'
import type { BrokenExecutor } from '../errors.ts'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { CAN_MIX_LISTENERS } from '../shared-memory/host-turns.ts'
import { addSource, removeSource, type Source, waitUntil } from '../shared-memory/wakeup.ts'
import { unpackError } from '../transport/error-record.ts'
import { toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, pack, serialized, type Transferable, unpack } from '../transport/serialize.ts'
import { AbortListeners } from './abort-listeners.ts'
import { Alarm } from './alarm.ts'
import type { CallPool } from './call-pool.ts'
import { CallQueue } from './call-queue.ts'
import { hasBegun, offer, takeBack } from './claim.ts'
import { numberOf } from './function-number.ts'
import { leftBehindMessage } from './left-behind.ts'
import { refuseShared } from './pool-arguments.ts'
import { type CallOwner, type CallParts, PoolCall } from './pool-call.ts'
import { newPoolEvents, type PoolEventMap, type PoolEvents } from './pool-events.ts'
import type { PoolOptions } from './pool-options.ts'
import { Histogram, type PoolStats } from './pool-stats.ts'
import { type Death, PoolWorker, type WorkerHandle } from './pool-worker.ts'
import { type FromWorker, fromWire } from './protocol.ts'

/** Creates the workers of a pool. */
export interface WorkerFactory {
  /** Starts the worker of this number, which talks through the other end of `port` and has so many calls at once. */
  start(number: number, port: MessagePort, slots: number): WorkerHandle
  /** The class of the error with which the calls of a worker that ended fail. */
  readonly BrokenPool: new (
    message: string,
    options?: ErrorOptions,
  ) => BrokenExecutor
  /** Whether it runs threads or processes, for messages. */
  readonly kind: 'thread' | 'process'
  /** Called when the pool has ended. */
  close?(): void
}

// A worker that is ready and has nothing to do takes a call at once; it may need a while for large args on a busy
// machine. If it takes longer, something keeps it that will not end: a timer's loop that an earlier call left behind,
// or SIGSTOP.
const BEGIN_WITHIN_MS = 10_000

// After this time a hint says so.
const LATE_MS = 5_000

/** How long a call runs at most after its time is over, if nothing else is said. */
const GRACE_MS = 1000

export class WorkerPool implements CallPool, Source, CallOwner {
  readonly #factory: WorkerFactory
  readonly #options: PoolOptions
  readonly #queue = new CallQueue()
  readonly #workers = new Set<PoolWorker>()
  readonly #idle: PoolWorker[] = [] // those without a call; the last one is used next
  #started = 0
  #isShutdown = false
  #broken: Error | undefined
  #whenEnded: Future<void>[] = []
  #whenReady: { readonly future: Future<void>; readonly missing: Set<PoolWorker> }[] = []
  #terminateAt = Number.POSITIVE_INFINITY
  readonly #abortListeners = new AbortListeners()
  readonly #alarm = new Alarm(() => this.#tick())
  #events: PoolEvents | undefined
  #running = 0
  #ending = 0 // how many workers were asked to end, and have not yet
  readonly #counts = { done: 0, failed: 0, cancelled: 0 }
  readonly #waitTime = new Histogram()
  readonly #runTime = new Histogram()
  #lifeTime = 0 // of the workers that have ended

  constructor(factory: WorkerFactory, options: PoolOptions) {
    this.#factory = factory
    this.#options = options
    this.#fill(options.minWorkers)
  }

  /** Whether a call is queued or runs, or a worker is about to end or awaited. */
  get pending(): boolean {
    return this.#workers.size > this.#idle.length || this.#queue.size > 0 || this.#whenReady.length > 0
  }

  get due(): number {
    return this.#alarm.due
  }

  get events(): PoolEvents {
    this.#events ??= newPoolEvents()
    return this.#events
  }

  get maxQueue(): number {
    return this.#options.maxQueue
  }

  get maxWorkers(): number {
    return this.#options.maxWorkers * this.#options.callsPerWorker
  }

  submit(parts: CallParts): PoolCall {
    this.check()
    toReference(parts.fn) // throws, if another thread could not find it
    const { maxQueue } = this.#options
    if (this.#queue.size >= maxQueue && !this.#hasRoom())
      throw new QueueFull(
        `${maxQueue} calls wait already, as many as maxQueue allows, and all workers have one. ` +
          "Submit more when results have come, or on the event 'drain'",
      )
    const call = new PoolCall(this, new Future(), parts)
    this.#queue.push(call)
    this.#emit('call:queued', () => ({ name: call.name }))
    this.#followSignal(call)
    try {
      this.#dispatch()
    } catch (error) {
      call.future.cancel() // no worker could be started
      throw error
    }
    return call
  }

  /** @throws RuntimeError if no call can be taken any more */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken
    if (this.#isShutdown) throw new RuntimeError('cannot schedule new futures after shutdown')
  }

  /** Done when the minimum of workers is ready, or all of them. */
  ready(): Future<void> {
    this.check()
    this.#fill(this.#options.minWorkers || this.#options.maxWorkers)
    const future = new Future<void>()
    const missing = new Set([...this.#workers].filter(({ readyAt }) => readyAt === 0))
    if (missing.size === 0) future.setResult()
    else this.#whenReady.push({ future, missing })
    for (const worker of missing) worker.hold(true)
    return future
  }

  stats(): PoolStats {
    const now = performance.now()
    let [lifeTime, busyTime] = [this.#lifeTime, this.#runTime.sum]
    for (const { startedAt, running } of this.#workers) {
      lifeTime += now - startedAt
      for (const call of running.items()) busyTime += now - call.startedAt
    }
    const capacity = lifeTime * this.#options.callsPerWorker
    return {
      workers: this.#workers.size,
      idle: this.#idle.length,
      queued: this.#queue.size,
      running: this.#running,
      ...this.#counts,
      utilization: capacity === 0 ? 0 : Math.min(1, busyTime / capacity),
      waitTime: this.#waitTime.durations(),
      runTime: this.#runTime.durations(),
    }
  }

  /** No new calls are taken; the workers end when those that were are done. */
  shutdown(cancelFutures: boolean): void {
    this.#isShutdown = true
    if (cancelFutures) for (const call of this.#takeQueue()) call.future.cancel()
    this.#dispatch()
    if (this.#workers.size === 0) this.#close()
  }

  /** Cancels what has not begun, and ends the workers, whatever they do. */
  terminate(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#terminateAt = Number.POSITIVE_INFINITY
    this.shutdown(true)
    for (const worker of [...this.#workers]) {
      // The program wants these to fail, wherever they are.
      for (const call of worker.running.items()) {
        call.repeatable = false
        if (!call.future.settled) call.future.ignoreException()
      }
      worker.hand.kill(signal)
      if (this.#factory.kind === 'thread') this.#end(worker, { how: 'the pool was terminated' }) // a process reports when it is gone
    }
  }

  /** Terminates the pool in `timeout` ms, if it has not ended by then. */
  terminateAfter(timeout: number): void {
    if (this.#workers.size === 0) return
    this.#terminateAt = Math.min(this.#terminateAt, performance.now() + timeout)
    this.#alarm.set(this.#terminateAt)
  }

  /** Blocks until all workers have ended. */
  join(): void {
    waitUntil(
      () => this.#workers.size === 0,
      Number.POSITIVE_INFINITY,
      () => 'shutdown()',
    )
  }

  /** Done when all workers have ended. */
  ended(): Future<void> {
    const ended = new Future<void>()
    if (this.#workers.size === 0) ended.setResult()
    else this.#whenEnded.push(ended)
    return ended
  }

  /** Called when this process ends. Idle workers notice that; those that compute do not, and might continue forever. */
  abandon(): void {
    for (const { hand, running } of this.#workers) if (running.size > 0) hand.abandon()
  }

  receive(look: boolean): void {
    for (const worker of [...this.#workers]) {
      const isEmpty = !this.#receiveFrom(worker)
      if (isEmpty && look && isClosed(worker.port)) this.#end(worker, worker.hand.likelyDeath)
    }
    if (this.#alarm.due <= performance.now()) this.#tick()
  }

  /** Returns whether there was a message. */
  #receiveFrom(worker: PoolWorker): boolean {
    for (let any = false; ; any = true) {
      let got: { message: unknown } | undefined
      try {
        got = receiveMessageOnPort(worker.port)
      } catch (error) {
        this.#lose(worker, error)
        continue
      }
      if (got === undefined) return any
      this.#take(worker, fromWire(got.message))
    }
  }

  /** A message of a worker can't be read: what it was about fails, and nothing else. */
  #lose(worker: PoolWorker, cause: unknown): void {
    const lost = worker.hand.incoming.lost()
    const call = lost && worker.running.get(lost.id)
    if (lost === undefined) return this.#kill(worker, `it sent a message that can't be read: ${reasonOf(cause)}`)
    if (call === undefined) return
    const what = `${LOST[lost.kind] ?? 'what was sent'} of ${call.name}() can't be read: ${reasonOf(cause)}`
    const error = new TypeError(`${what}. It may be nested too deep`, { cause })
    if (lost.kind === 'progress')
      console.error(`Exception while a value that ${call.name}() has sent was taken\n`, error)
    else if (lost.kind === 'item') this.#abort(call, error)
    else this.#finish(worker, call, true, () => error)
  }

  /** Takes a call back that has not begun. Its worker is free for another one then, which it finds behind this one. */
  takeBack(call: PoolCall): boolean {
    const { worker } = call
    if (worker === undefined) this.#queue.remove(call)
    else if (worker.running.get(call.id) !== call || !takeBack(worker.hand.claims, call.slot, call.id)) return false
    else {
      this.#running--
      worker.running.delete(call.id)
      worker.calls--
      this.#rest(worker)
    }
    this.#counts.cancelled++
    call.release?.()
    if (worker !== undefined) this.#dispatchNext()
    return true
  }

  requestStop(call: PoolCall, graceTime: number = this.#options.graceTime): void {
    const { worker, id, slot } = call
    if (worker?.running.get(id) !== call) return
    call.repeatable = false
    worker.hand.requestStop(slot, id)
    worker.post({ kind: 'stop', id })
    const killAt = performance.now() + graceTime
    if (killAt >= call.killAt) return
    call.killAt = killAt
    this.#alarm.set(call.killAt)
  }

  /** Allows a stream to send so many items more. */
  grant(call: PoolCall, count: number): void {
    const { worker, id } = call
    if (worker?.running.get(id) === call) worker.post({ kind: 'credit', id, count })
  }

  /** Ends the Future of a call with `error`, and sees to it that the call ends, too. */
  #abort(call: PoolCall, error: unknown): void {
    if (call.future.settled) return
    if (call.isQueued || (call.worker !== undefined && !call.hasBegun())) this.takeBack(call)
    call.release?.()
    this.requestEnd(call)
    call.future.failCall(call.name, error)
  }

  /** The call is to end: by itself, or with its worker when its grace time is over. */
  requestEnd(call: PoolCall, limit: number | undefined = call.options.graceTime): void {
    const graceTime = Number.isFinite(this.#options.graceTime) ? this.#options.graceTime : GRACE_MS
    this.requestStop(call, limit ?? graceTime)
  }

  #followSignal(call: PoolCall): void {
    const { signal } = call.options
    if (signal === undefined) return
    const abort = (): void => {
      call.future.ignoreException() // the program wants it to fail
      this.#abort(call, signal.reason)
    }
    if (signal.aborted) return abort()
    const remove = this.#abortListeners.add(signal, abort)
    call.release = () => {
      call.release = undefined
      remove()
    }
  }

  /** Assigns waiting calls to free workers, and ends workers that are not needed any more. */
  #dispatch(): void {
    while (this.#queue.size > 0) {
      const worker = this.#freeWorker()
      if (worker === undefined) return
      const call = this.#queue.shift() as PoolCall // there is one
      call.future.setRunningOrNotifyCancel()
      this.#give(worker, call)
      if (this.#queue.size === 0) this.#emit('drain', () => ({}))
    }
    if (this.#isShutdown) for (const worker of this.#idle.splice(0)) this.#letGo(worker)
  }

  #takeQueue(): PoolCall[] {
    const calls: PoolCall[] = []
    for (let call = this.#queue.shift(); call !== undefined; call = this.#queue.shift()) calls.push(call)
    return calls
  }

  #hasRoom(): boolean {
    if (this.#idle.length > 0 || this.#workers.size < this.#options.maxWorkers) return true
    return this.#options.callsPerWorker > 1 && this.#leastBusy() !== undefined
  }

  /** A worker that can take a call. */
  #freeWorker(): PoolWorker | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#workers.size < this.#options.maxWorkers) return this.#start()
    return this.#options.callsPerWorker > 1 ? this.#leastBusy() : undefined
  }

  #leastBusy(): PoolWorker | undefined {
    let best: PoolWorker | undefined
    for (const worker of this.#workers) {
      if (worker.isEnding || worker.running.isFull || this.#isWornOut(worker)) continue
      if (best === undefined || worker.running.size < best.running.size) best = worker
    }
    return best
  }

  #isWornOut({ calls }: PoolWorker): boolean {
    return calls >= this.#options.maxTasksPerChild
  }

  #fill(count: number): void {
    while (this.#workers.size - this.#ending < count) this.#idle.unshift(this.#start())
  }

  #start(): PoolWorker {
    const { callsPerWorker } = this.#options
    const { port1: port, port2: farPort } = new MessageChannel()
    let hand: WorkerHandle
    try {
      hand = this.#factory.start(this.#started, farPort, callsPerWorker)
    } catch (error) {
      port.close()
      throw error
    }
    const worker = new PoolWorker(this.#started++, hand, port, callsPerWorker)
    hand.onOutput?.((stream, text) => this.#emit('worker:output', () => ({ worker: worker.number, stream, text })))
    if (this.#workers.size === 0) this.#open()
    this.#workers.add(worker)
    if (CAN_MIX_LISTENERS) {
      port.on('message', (message: unknown) => {
        this.#take(worker, fromWire(message))
        if (this.#running > 0) this.receive(false) // what else has arrived: that is faster than one event for each
      })
      port.on('messageerror', (error) => this.#lose(worker, error))
    }
    port.on('close', () => {
      if (this.#workers.has(worker)) hand.onceGone((death) => this.#end(worker, death))
    })
    port.unref()
    this.#emit('worker:started', () => ({ worker: worker.number }))
    return worker
  }

  #give(worker: PoolWorker, call: PoolCall): void {
    const { fn, args, kind, options, credit } = call
    const id = ++worker.lastId
    const slot = worker.running.free
    const number = numberOf(fn)
    const transfer: Transferable[] = []
    const canBeginAtOnce = worker.readyAt > 0 && worker.running.size === 0
    call.worker = worker
    call.id = id
    call.slot = slot
    call.startedAt = performance.now()
    worker.running.put(slot, id, call)
    worker.calls++
    this.#running++
    offer(worker.hand.claims, slot, id)
    try {
      const reference = worker.known.has(number) ? undefined : toReference(fn)
      let packed = pack(args, transfer)
      if (this.#factory.kind === 'process') {
        refuseShared(packed, transfer)
        packed = serialized(packed)
      }
      const isTimed = options.timeout !== undefined
      worker.post(
        { kind: 'call', id, slot, fn: { number, reference }, args: packed, how: kind, credit, isTimed },
        transfer,
      )
      if (transfer.length > 0) call.repeatable = false // what has moved is gone
    } catch (cause) {
      discard(transfer)
      worker.calls--
      this.#drop(worker, call)
      this.#rest(worker)
      const what = `the args of ${call.name}() can't be sent to another ${this.#factory.kind}: ${reasonOf(cause)}`
      return this.#fail(call, new TypeError(what, { cause }))
    }
    worker.hold(true) // the program does not end before its calls
    call.lateAt = canBeginAtOnce ? call.startedAt + LATE_MS : Number.POSITIVE_INFINITY
    this.#alarm.set(call.lateAt)
    call.isTimed = false
    call.timeoutAt = canBeginAtOnce
      ? call.startedAt + (options.timeout ?? Number.POSITIVE_INFINITY) + BEGIN_WITHIN_MS
      : Number.POSITIVE_INFINITY // its time counts from `begun`
    this.#alarm.set(call.timeoutAt)
    const waitTime = call.startedAt - call.queuedAt
    this.#waitTime.add(waitTime)
    this.#emit('call:started', () => ({ name: call.name, worker: worker.number, waitTime }))
  }

  /** The worker has the call no more. */
  #drop(worker: PoolWorker, call: PoolCall): void {
    worker.running.delete(call.id)
    this.#running--
  }

  /** A call is gone from the worker: it may be idle now, or be replaced. */
  #rest(worker: PoolWorker): void {
    if (worker.running.size > 0) return
    worker.hold(worker.readyAt === 0 && this.#whenReady.length > 0)
    if (this.#isWornOut(worker)) return this.#letGo(worker)
    this.#idle.push(worker)
    const { idleTimeout, minWorkers } = this.#options
    if (idleTimeout === Number.POSITIVE_INFINITY) return
    worker.idleSince = performance.now()
    if (this.#workers.size > minWorkers) this.#alarm.set(worker.idleSince + idleTimeout)
  }

  #take(worker: PoolWorker, message: FromWorker): void {
    worker.hand.incoming.arrived()
    if (message.kind === 'ended') return this.#end(worker, { how: message.how ?? 'it was asked to' })
    if (message.kind === 'refused') return this.#break(worker, unpackError(message.error))
    if (message.kind === 'left-behind') return this.#report(message)
    if (message.kind === 'ready') return this.#markReady(worker)
    if (message.kind === 'loaded') return void worker.known.add(message.number)
    const call = worker.running.get(message.id)
    if (call === undefined) return // it was abandoned meanwhile
    if (message.kind === 'begun') return this.#begun(call)
    if (message.kind === 'item' || message.kind === 'progress') return this.#pass(call, message)
    if (message.kind === 'error') return this.#finish(worker, call, true, () => unpackError(message.error))
    this.#finish(worker, call, false, () => unpack(message.value))
  }

  /** The call has ended, in whatever way: the worker is free for another one. */
  #finish(worker: PoolWorker, call: PoolCall, threw: boolean, outcome: () => unknown): void {
    worker.lastCall = call.name
    this.#drop(worker, call)
    this.#rest(worker)
    this.#dispatchNext() // first of all, so that the worker is not kept waiting by callbacks
    let value: unknown
    try {
      value = outcome()
    } catch (cause) {
      const what = `${LOST[threw ? 'error' : 'result']} of ${call.name}() can't be read: ${reasonOf(cause)}`
      return this.#settle(call, true, new TypeError(what, { cause }))
    }
    this.#settle(call, threw, value)
  }

  #markReady(worker: PoolWorker): void {
    worker.readyAt = performance.now()
    for (const { future, missing } of this.#whenReady.filter(({ missing }) => missing.delete(worker))) {
      if (missing.size === 0 && !future.settled && !future.cancelled()) future.setResult()
    }
    this.#whenReady = this.#whenReady.filter(({ missing }) => missing.size > 0)
    if (worker.running.size === 0) worker.hold(worker.isEnding)
  }

  /** Its time counts from now on. */
  #begun(call: PoolCall): void {
    const { timeout = Number.POSITIVE_INFINITY } = call.options
    call.isTimed = true
    call.startedAt = performance.now()
    call.timeoutAt = call.startedAt + timeout
    this.#alarm.set(call.timeoutAt)
  }

  #pass(call: PoolCall, { kind, value: packed }: FromWorker & { kind: 'item' | 'progress' }): void {
    let value: unknown
    try {
      value = unpack(packed)
    } catch (cause) {
      const error = new TypeError(`what ${call.name}() has sent can't be read: ${reasonOf(cause)}`, { cause })
      if (kind === 'item') return this.#abort(call, error)
      return console.error(error)
    }
    try {
      if (kind === 'item') call.onItem?.(value)
      else call.options.onProgress?.(value)
    } catch (error) {
      console.error(`Exception while a value that ${call.name}() has sent was taken\n`, error)
    }
  }

  /** The call has ended, whatever has become of its Future. */
  #settle(call: PoolCall, threw: boolean, outcome: unknown): void {
    const { future } = call
    call.release?.()
    if (threw) this.#counts.failed++
    else this.#counts.done++
    const runTime = performance.now() - call.startedAt
    this.#runTime.add(runTime)
    this.#emit('call:done', () => {
      const event = { name: call.name, worker: call.worker?.number ?? -1, runTime }
      return threw ? { ...event, error: outcome } : event
    })
    if (future.settled) return // its time was over before
    if (threw) future.failCall(call.name, outcome)
    else future.setResult(outcome)
  }

  /** If no replacement worker can be started there is no caller to throw to, so the queued calls fail. */
  #dispatchNext(): void {
    try {
      this.#dispatch()
    } catch (error) {
      for (const call of this.#takeQueue()) this.#fail(call, error)
    }
  }

  /** A call can't be done. */
  #fail(call: PoolCall, error: unknown): void {
    call.release?.()
    call.future.failCall(call.name, error)
  }

  #letGo(worker: PoolWorker): void {
    worker.isEnding = true
    this.#ending++
    worker.hold(true) // a call may wait for its place, or a caller for its end
    worker.post({ kind: 'end' })
  }

  /** The worker is gone, or as good as gone. */
  #end(worker: PoolWorker, { how, cause }: Death): void {
    if (!this.#workers.delete(worker)) return
    if (worker.isEnding) this.#ending--
    this.#lifeTime += performance.now() - worker.startedAt
    const place = this.#idle.indexOf(worker)
    if (place >= 0) this.#idle.splice(place, 1)
    worker.hold(false)
    worker.port.close()
    if (worker.isEnding) worker.hand.join()
    this.#emit('worker:ended', () => ({ worker: worker.number, how: worker.isEnding ? undefined : how }))
    const calls = worker.running.items()
    worker.running.clear()
    this.#running -= calls.length
    const lost = calls.filter((call) => !this.#giveAgain(worker, call))
    this.#refill(worker)
    this.#dispatchNext()
    const options = cause === undefined ? {} : { cause }
    for (const call of lost) {
      const what = `the ${this.#factory.kind} that ran ${call.name}() ended before the call did: ${how}`
      this.#settle(call, true, this.#broken ?? new this.#factory.BrokenPool(what, options))
    }
    const whenReady = this.#whenReady.filter(({ missing }) => missing.has(worker))
    this.#whenReady = this.#whenReady.filter((waiting) => !whenReady.includes(waiting))
    for (const { future } of whenReady) {
      const what = `a ${this.#factory.kind} ended before it was ready: ${how}`
      if (!future.settled && !future.cancelled())
        future.setException(this.#broken ?? new this.#factory.BrokenPool(what, options))
    }
    if (this.#workers.size === 0) this.#close()
  }

  /** One that had begun well is replaced, if there are too few. */
  #refill({ readyAt }: PoolWorker): void {
    if (this.#isShutdown || readyAt === 0) return
    try {
      this.#fill(this.#options.minWorkers)
    } catch {} // none can be started now; the next call tries again
  }

  /**
   * It ended while it was idle, before it had seen the call: another one takes that. Not so if it never was idle, as a
   * worker that can't begin would be started again and again.
   */
  #giveAgain({ hand, calls }: PoolWorker, call: PoolCall): boolean {
    if (!call.repeatable || calls === 1 || this.#broken !== undefined || hasBegun(hand.claims, call.slot, call.id))
      return false
    let other: PoolWorker | undefined
    try {
      other = this.#freeWorker()
    } catch {} // none can be started: then the call fails as it would have
    if (other !== undefined) this.#give(other, call)
    return other !== undefined
  }

  #break(worker: PoolWorker, cause: unknown): void {
    const what = `A ${this.#factory.kind} initializer failed, the ${this.#factory.kind} pool is not usable anymore`
    this.#broken ??= new this.#factory.BrokenPool(what, { cause })
    this.#isShutdown = true
    const calls = this.#takeQueue()
    this.#end(worker, { how: 'its initializer failed' })
    for (const call of calls) this.#fail(call, this.#broken)
    for (const idle of this.#idle.splice(0)) this.#letGo(idle)
  }

  #report({ call, where, error }: FromWorker & { kind: 'left-behind' }): void {
    const message = leftBehindMessage(call, where)
    try {
      this.#options.exceptionHandler?.({ message, exception: unpackError(error), call, worker: where })
    } catch (thrown) {
      console.error(`The exceptionHandler of a pool has thrown. It received: ${message}\n`, thrown)
    }
  }

  /** Does what is due, and sets the alarm for what is next. */
  #tick(): void {
    const now = performance.now()
    const { idleTimeout, minWorkers } = this.#options
    let next = this.#terminateAt
    for (const worker of [...this.#workers]) {
      for (const call of worker.running.items()) {
        if (call.lateAt <= now) this.#reportLate(worker, call)
        if (call.timeoutAt <= now) this.#timeOut(call)
        if (call.killAt <= now) this.#kill(worker, 'it has not stopped within its grace time')
        else next = Math.min(next, call.killAt, call.timeoutAt, call.lateAt)
      }
    }
    for (const worker of [...this.#idle]) {
      if (this.#workers.size - this.#ending <= minWorkers || idleTimeout === Number.POSITIVE_INFINITY) break
      if (worker.idleSince + idleTimeout > now) next = Math.min(next, worker.idleSince + idleTimeout)
      else {
        this.#idle.splice(this.#idle.indexOf(worker), 1)
        this.#letGo(worker)
      }
    }
    this.#alarm.reset(next)
    if (this.#terminateAt <= now && this.#workers.size > 0) this.terminate('SIGKILL')
  }

  /** If it has not begun, the worker does something else, which an earlier call has left behind. */
  #reportLate(worker: PoolWorker, call: PoolCall): void {
    call.lateAt = Number.POSITIVE_INFINITY
    const { name } = call
    if (call.hasBegun()) worker.lastCall = name
    else this.#emit('worker:busy', () => ({ worker: worker.number, name, after: worker.lastCall }))
  }

  #timeOut(call: PoolCall): void {
    const { timeout = Number.POSITIVE_INFINITY } = call.options
    const { name, worker } = call
    call.timeoutAt = Number.POSITIVE_INFINITY
    if (worker === undefined || call.isTimed)
      return this.#abort(call, new TimeoutError(`${name}() has not ended within ${timeout} ms`))
    const what = `the ${this.#factory.kind} does not answer, as if an earlier call had left something running in it`
    call.repeatable = false
    this.#fail(call, new TimeoutError(`${name}() has not begun within ${timeout + BEGIN_WITHIN_MS} ms: ${what}`))
    this.#kill(worker, 'it did not answer')
  }

  #kill(worker: PoolWorker, how: string): void {
    worker.hand.kill()
    this.#end(worker, { how })
  }

  #emit<Name extends keyof PoolEventMap>(name: Name, event: () => PoolEventMap[Name]): void {
    if (this.#events === undefined || this.#events.listenerCount(name) === 0) return
    try {
      this.#events.emit(name, ...([event()] as never)) // it is the event of that name
    } catch (error) {
      console.error(`Exception in a listener for '${name}' of a pool\n`, error)
    }
  }

  #open(): void {
    addSource(this)
    if (pools === undefined) {
      const all = new Set<WorkerPool>()
      pools = all
      process.on('exit', () => {
        for (const pool of all) pool.abandon()
      })
    }
    pools.add(this)
  }

  #close(): void {
    removeSource(this)
    pools?.delete(this)
    this.#alarm.reset(Number.POSITIVE_INFINITY)
    if (this.#isShutdown) this.#factory.close?.()
    for (const ended of this.#whenEnded.splice(0)) if (!ended.done()) ended.setResult()
  }
}

const LOST: Readonly<Record<string, string>> = {
  result: 'the result',
  error: 'the exception',
  item: 'an item',
  progress: 'the progress',
}

let pools: Set<WorkerPool> | undefined // those that have workers
