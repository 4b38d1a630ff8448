// The side of the executor: calls wait in line until a worker is free.
//
//   submit ──▶ queue ──▶ an idle worker, or a new one                (the Future is running now)
//                            │ result, error                           │ the worker has ended
//                            ▼                                         ▼
//                        the Future is done, the worker takes      the Future fails with the pool's error,
//                        the next call                             and a new worker takes the place
//
// After a timeout or an abort the Future is done before its call: the worker keeps the call until it ends.

import { RuntimeError } from '@spindle/loop'
import { Ring } from '@spindle/loop/internal'
import { QueueFull } from '@spindle/task'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { CAN_MIX_LISTENERS, receiveAll } from '../shared-memory/host-turns.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { addSource, removeSource, type Source, waitUntil } from '../shared-memory/wakeup.ts'
import { toReference } from '../transport/function-reference.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { unpack } from '../transport/serialize.ts'
import { Alarm } from './alarm.ts'
import { CallDispatcher } from './call-dispatcher.ts'
import { CallLimits } from './call-limits.ts'
import { checkPoolCallOptions, type ExecutorCallOptions } from './call-options.ts'
import type { CallPool } from './call-pool.ts'
import { deliver, outcomeOf, passToHandler, readError, unreadableError } from './call-values.ts'
import { type CallEnd, type CallParts, PoolCall } from './pool-call.ts'
import { PoolEmitter, type PoolEvents } from './pool-events.ts'
import type { PoolOptions } from './pool-options.ts'
import { CallCounts, type PoolStats } from './pool-stats.ts'
import type { Death, PoolWorker, WorkerFactory } from './pool-worker.ts'
import { type FromWorker, fromWire, numberOf } from './protocol.ts'
import { WorkerSet } from './worker-set.ts'

export class WorkerPool implements CallPool, Source {
  readonly factory: WorkerFactory
  readonly options: PoolOptions
  readonly emitter: PoolEmitter = new PoolEmitter()
  readonly workers: WorkerSet
  readonly limits: CallLimits
  readonly #dispatcher: CallDispatcher
  readonly #ended = new Ring<PoolCall>() // without a worker, and not settled yet
  readonly counts: CallCounts = new CallCounts()
  readonly checkOptions: (options: ExecutorCallOptions) => void = checkPoolCallOptions
  readonly maxWorkers: number
  readonly maxQueue: number
  readonly #alarm = new Alarm(() => this.#tick())
  #started = 0 // how many workers
  #isShutdown = false
  #broken: Error | undefined
  #whenEnded: Future<void>[] = []
  #whenReady: Future<void>[] = []
  #terminateAt = Number.POSITIVE_INFINITY

  constructor(factory: WorkerFactory, options: PoolOptions) {
    this.factory = factory
    this.options = options
    this.maxWorkers = options.maxWorkers * options.callsPerWorker
    this.maxQueue = options.maxQueue
    this.workers = new WorkerSet(options, () => this.#startWorker())
    this.limits = new CallLimits(this, this.#alarm)
    this.#dispatcher = new CallDispatcher(this)
    this.workers.fill(options.minWorkers)
  }

  /** Whether a call is queued or runs, or the start or end of a worker is awaited. */
  get pending(): boolean {
    return this.workers.size > this.workers.idle || this.#dispatcher.waiting > 0 || this.#isReadyAwaited
  }

  get #isReadyAwaited(): boolean {
    return this.#whenReady.some(({ isOpen }) => isOpen)
  }

  get due(): number {
    return this.#alarm.due
  }

  get events(): PoolEvents {
    return this.emitter.events
  }

  submit(parts: CallParts): PoolCall {
    this.check()
    toReference(parts.fn) // throws, if another thread could not find it
    const { maxQueue } = this.options
    if (this.#dispatcher.waiting >= maxQueue && !this.workers.hasFree)
      throw new QueueFull(
        `${maxQueue} calls wait already, as many as maxQueue allows, and all workers have one. ` +
          "Submit more when results have come, or on the event 'drain'",
      )
    const call = new PoolCall(this, parts)
    this.#dispatcher.add(call)
    if (this.emitter.hears('call:queued')) this.emitter.emit('call:queued', { name: call.name })
    this.limits.follow(call)
    try {
      this.#dispatcher.dispatch()
    } catch (error) {
      call.future.cancel() // no worker could be started
      throw error
    }
    this.#settleAll()
    return call
  }

  check(): void {
    if (this.#broken !== undefined) throw this.#broken
    if (this.#isShutdown) throw new RuntimeError('cannot schedule new futures after shutdown')
  }

  ready(): Future<void> {
    this.check()
    this.workers.fill(this.options.minWorkers || this.options.maxWorkers)
    const ready = new Future<void>()
    this.#whenReady.push(ready)
    for (const worker of this.workers) if (!worker.isReady) worker.keepAlive(true)
    this.#finishReady()
    return ready
  }

  stats(): PoolStats {
    const now = realTime()
    const { size: workers, idle } = this.workers
    const running = [...this.workers].flatMap((worker) => worker.running.items()).filter(({ ticket }) => ticket === 0)
    const runningTime = running.reduce((sum, { startedAt }) => sum + now - startedAt, 0)
    const current = { workers, idle, queued: this.#dispatcher.waiting, running: running.length }
    return this.counts.stats(current, this.workers.lifeTime(now) * this.options.callsPerWorker, runningTime)
  }

  shutdown(cancelFutures: boolean): void {
    this.#isShutdown = true
    if (cancelFutures) for (const call of this.#dispatcher.takeAll()) call.future.cancel()
    this.#dispatch()
    if (this.workers.size === 0) this.#close()
  }

  terminate(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#terminateAt = Number.POSITIVE_INFINITY
    this.shutdown(true)
    for (const worker of [...this.workers]) {
      for (const call of worker.running.items()) {
        call.repeatable = false
        if (!call.future.settled) call.future.ignoreException()
      }
      worker.handle.kill(signal)
      if (this.factory.kind === 'thread') this.#end(worker, { how: 'the pool was terminated' }) // a process reports its end
    }
  }

  terminateAfter(timeout: number): void {
    if (this.workers.size === 0) return
    this.#terminateAt = Math.min(this.#terminateAt, realTime() + timeout)
    this.#alarm.set(this.#terminateAt)
  }

  join(): void {
    waitUntil(
      () => this.workers.size === 0,
      Number.POSITIVE_INFINITY,
      () => 'shutdown()',
    )
  }

  ended(): Future<void> {
    const ended = new Future<void>()
    if (this.workers.size === 0) ended.setResult()
    else this.#whenEnded.push(ended)
    return ended
  }

  /** Called when this process ends. Idle workers notice that, but busy ones might continue forever. */
  abandon(): void {
    for (const { handle, running } of this.workers) if (running.size > 0) handle.abandon?.()
  }

  receive(look: boolean): void {
    for (const worker of [...this.workers]) {
      const isEmpty = !worker.receive()
      if (isEmpty && look && isClosed(worker.port)) this.#end(worker, worker.handle.likelyDeath())
    }
    this.#settleAll()
    if (this.#alarm.due <= realTime()) this.#tick()
  }

  /** Fails the call whose message can't be read, and no other. */
  #handleUnreadable(worker: PoolWorker, cause: unknown): void {
    const lost = worker.incoming.lost()
    const call = lost && worker.running.get(lost.id)
    if (lost === undefined) return this.kill(worker, `it sent a message that can't be read: ${reasonOf(cause)}`)
    if (call === undefined || lost.kind === 'call' || lost.kind === 'other') return
    this.#dispatcher.markBegun(call)
    const unreadable = (): never => {
      throw cause
    }
    if (lost.kind === 'item' || lost.kind === 'progress') this.#deliver(call, lost.kind, unreadable)
    else this.#finish(worker, call, { kind: 'failure', error: unreadableError(call, lost.kind, cause) })
  }

  takeBack(call: PoolCall): boolean {
    if (!this.#dispatcher.takeBack(call)) return false
    this.counts.cancelled++
    call.release?.()
    if (call.worker !== undefined) this.#dispatchNext()
    return true
  }

  grant(call: PoolCall, count: number): void {
    const { worker, id } = call
    if (worker?.running.get(id) === call) worker.post({ kind: 'credit', id, count })
  }

  fail(call: PoolCall, error: unknown): void {
    call.release?.()
    call.future.failCall(call.name, error)
  }

  /** A worker runs no call: it is idle now, or will be replaced. */
  rest(worker: PoolWorker): void {
    if (worker.active > 0) return
    if (worker.illness !== undefined) return this.kill(worker, worker.illness)
    if (worker.running.size === 0) worker.keepAlive(!worker.isReady && this.#isReadyAwaited)
    this.workers.addIdle(worker)
    this.#alarm.set(worker.idleSince + this.options.idleTimeout)
  }

  kill(worker: PoolWorker, how: string): void {
    worker.handle.kill()
    this.#end(worker, { how })
  }

  /** Assigns waiting calls to free workers, and ends workers that are not needed any more. */
  #dispatch(): void {
    this.#dispatcher.dispatch()
    if (this.#isShutdown) this.workers.endIdle()
  }

  #startWorker(): PoolWorker {
    const worker = this.#dispatcher.startWorker(this.#started)
    const { number, handle, port } = worker
    this.#started++
    handle.onOutput?.((stream, text) => this.emitter.emit('worker:output', { worker: number, stream, text }))
    if (this.workers.size === 0) addSource(this)
    const take = (message: unknown): void => {
      worker.incoming.arrived()
      this.#handle(worker, fromWire(message))
    }
    const lost = (error: unknown): void => this.#handleUnreadable(worker, error)
    worker.receive = () => receiveAll(port, take, lost)
    if (CAN_MIX_LISTENERS) {
      port.on('message', (message: unknown) => {
        take(message)
        if (this.workers.idle < this.workers.size)
          this.receive(false) // the rest at once: faster than an event for each
        else this.#settleAll()
      })
      port.on('messageerror', (error) => {
        lost(error)
        this.#settleAll()
      })
    }
    port.on('close', () => {
      if (this.workers.has(worker)) handle.onceGone((death) => this.#end(worker, death))
    })
    this.emitter.emit('worker:started', { worker: number })
    return worker
  }

  #handle(worker: PoolWorker, message: FromWorker): void {
    if (message.kind === 'ended') return this.#end(worker, { how: message.how ?? 'it was asked to' })
    if (message.kind === 'refused') return this.#break(worker, readError(message.value))
    if (message.kind === 'left-behind') return passToHandler(message, this.options.exceptionHandler)
    if (message.kind === 'ready') return this.#markReady(worker)
    if (message.kind === 'last-begun') return this.limits.reportBusy(worker, message.id)
    if (message.kind === 'results') return worker.results.readAll((result) => this.#handle(worker, result))
    if (message.kind === 'ill') return this.#fallIll(worker, message)
    if (message.kind === 'loaded') {
      this.workers.forgetPause()
      return void worker.known.add(message.number)
    }
    const call = worker.running.get(message.id)
    if (call === undefined) return // abandoned
    this.#dispatcher.markBegun(call)
    if (message.kind === 'begun') return this.limits.markBegun(call)
    if (message.kind === 'result' || message.kind === 'error') this.#finish(worker, call, message)
    else this.#deliver(call, message.kind, unpack.bind(undefined, message.value))
  }

  /** Passes an item or progress to the program. */
  #deliver(call: PoolCall, kind: 'item' | 'progress', read: () => unknown): void {
    this.#settleAll() // earlier calls first
    const error = deliver(call, kind, read)
    if (error !== undefined) this.limits.abort(call, error)
  }

  /** The call has ended: its worker is free. */
  #finish(worker: PoolWorker, call: PoolCall, end: CallEnd): void {
    worker.lastCall = call.name
    worker.isBusy = false
    this.#dispatcher.remove(worker, call)
    this.settleLater(call, end)
  }

  /** Settles the call when the workers have their next calls, which should not wait for callbacks. */
  settleLater(call: PoolCall, end: CallEnd): void {
    call.end = end
    this.#ended.put(call)
  }

  /** Settles the calls that have ended, in that order. A callback may call this again. */
  #settleAll(): void {
    if (this.#ended.length === 0) return
    this.#dispatchNext()
    while (this.#ended.length > 0) this.#settle(this.#ended.get())
  }

  /**
   * A worker can't work as it should: it ends after its calls. A module that no worker can load ends one worker for
   * each pause at most, as functions of others may work there.
   */
  #fallIll(worker: PoolWorker, { id, how, isUnbegun }: FromWorker & { kind: 'ill' }): void {
    const call = worker.running.get(id)
    if (call === undefined || worker.illness !== undefined) return
    const canLoad = (other: PoolWorker): boolean => other.illness === undefined && other.known.has(numberOf(call.fn))
    const isLoaded = [...this.workers].some(canLoad)
    if (isUnbegun && !isLoaded && performance.now() < this.workers.startsAt) return
    worker.illness = how
    this.#dispatcher.recallFrom(worker)
    this.workers.delayStart()
    this.#alarm.set(this.workers.startsAt)
    if (isUnbegun && isLoaded && call.repeatable) this.#dispatcher.giveBack(worker, call)
  }

  #markReady(worker: PoolWorker): void {
    worker.isReady = true
    if (worker.running.size === 0) worker.keepAlive(worker.isEnding)
    this.#finishReady()
  }

  #finishReady(): void {
    for (const { isReady } of this.workers) if (!isReady) return
    for (const ready of this.#whenReady.splice(0)) ready.finish()
  }

  #settle(call: PoolCall): void {
    const { future } = call
    const { threw, outcome } = outcomeOf(call, call.end as CallEnd)
    call.release?.()
    const runTime = realTime() - call.startedAt
    this.counts.ended(threw, runTime)
    if (this.emitter.hears('call:done')) {
      const event = { name: call.name, worker: call.worker?.number ?? -1, runTime }
      this.emitter.emit('call:done', threw ? { ...event, error: outcome } : event)
    }
    if (future.settled) return // it has timed out or aborted
    if (threw) future.failCall(call.name, outcome)
    else future.setResult(outcome)
  }

  /** If no replacement worker can be started there is no caller to throw to, so the queued calls fail. */
  #dispatchNext(): void {
    try {
      this.#dispatch()
    } catch (error) {
      for (const call of this.#dispatcher.takeAll()) this.fail(call, error)
    }
  }

  /** The worker is gone, or about to be. */
  #end(worker: PoolWorker, { how, cause }: Death): void {
    if (!this.workers.remove(worker)) return
    worker.keepAlive(false)
    worker.port.close()
    if (worker.isEnding) worker.handle.join?.()
    this.emitter.emit('worker:ended', { worker: worker.number, how: worker.isEnding ? undefined : how })
    const lost = this.#dispatcher.removeAll(worker, this.#broken === undefined)
    if (worker.isReady && worker.illness === undefined) this.#fill()
    this.#dispatchNext()
    const { kind, BrokenPool } = this.factory
    const options = cause === undefined ? {} : { cause }
    for (const call of lost) {
      const what = `the ${kind} that ran ${call.name}() ended before the call did: ${how}`
      this.settleLater(call, { kind: 'failure', error: this.#broken ?? new BrokenPool(what, options) })
    }
    this.#settleAll()
    const error = this.#broken ?? new BrokenPool(`a ${kind} ended before it was ready: ${how}`, options)
    if (!worker.isReady) for (const ready of this.#whenReady.splice(0)) if (ready.isOpen) ready.setException(error)
    if (this.workers.size === 0) this.#close()
  }

  #fill(): void {
    try {
      if (!this.#isShutdown) this.workers.fill(this.options.minWorkers)
    } catch {} // none can be started now; the next call tries again
  }

  #break(worker: PoolWorker, cause: unknown): void {
    const what = `A ${this.factory.kind} initializer failed, the ${this.factory.kind} pool is not usable anymore`
    this.#broken ??= new this.factory.BrokenPool(what, { cause })
    this.#isShutdown = true
    const calls = this.#dispatcher.takeAll()
    this.#end(worker, { how: 'its initializer failed' })
    for (const call of calls) this.fail(call, this.#broken)
    this.workers.endIdle()
  }

  /** Applies the limits that are due, and sets the alarm for the next. */
  #tick(): void {
    const now = realTime()
    let next = this.#terminateAt
    for (const worker of [...this.workers]) next = Math.min(next, this.limits.check(worker, now))
    next = Math.min(next, this.workers.endUnused(now))
    const { startsAt } = this.workers
    if (startsAt > now) next = Math.min(next, startsAt)
    this.#alarm.reset(next)
    if (startsAt > 0 && startsAt <= now) {
      this.workers.startsAt = 0
      this.#fill()
      this.#dispatchNext()
    }
    if (this.#terminateAt <= now && this.workers.size > 0) this.terminate('SIGKILL')
  }

  #close(): void {
    removeSource(this)
    this.#alarm.reset(Number.POSITIVE_INFINITY)
    if (this.#isShutdown) this.factory.close?.()
    for (const ended of this.#whenEnded.splice(0)) ended.finish()
  }
}
