// The side of the executor: calls wait in line until a worker is free.
//
//   submit ──▶ #queue ──▶ a worker that is idle, or a new one, if there may be more    (its Future is running now)
//                            │ result, error                              │ it ended, in whatever way
//                            ▼                                            ▼
//                         the Future is done, the worker takes          its Future ends with the pool's error; others
//                         the next call                                 go on, and a new worker takes its place

import { inspect } from 'node:util'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { type ExceptionContext, RuntimeError } from '@spindle/loop'
import type { BrokenExecutor } from '../errors.ts'
import { Future } from '../futures/future.ts'
import { isClosed } from '../shared-memory/block.ts'
import { addSource, removeSource, type Source, waitUntil } from '../shared-memory/wakeup.ts'
import { unpackError } from '../transport/error-record.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { discard, type Movable, pack, unpack } from '../transport/serialize.ts'
import { hasBegun, offer, takeBack } from './claim.ts'
import { leftBehindMessage } from './left-behind.ts'
import { refuseShared } from './pool-arguments.ts'
import type { FromWorker, ToWorker } from './protocol.ts'

/** What makes the workers of a pool. */
export interface Crew {
  /** Starts the worker of this number, which talks through the other end of `port`. */
  start(number: number, port: MessagePort): Hand
  /** What the calls of a worker that ended fail with. */
  readonly BrokenPool: new (
    message: string,
    options?: ErrorOptions,
  ) => BrokenExecutor
  /** Whether it runs threads or processes, for messages. */
  readonly kind: 'thread' | 'process'
  /** Called when the pool has ended. */
  close?(): void
}

/** A worker, as the crew knows it. */
export interface Hand {
  /** Told that there is a message for it. */
  ring(): void
  /** The call of this number is asked to stop. */
  requestStop(id: number): void
  /** By which the pool and the worker agree on whether a call has begun; see `claim.ts`. */
  readonly claims: Int32Array
  /** Ends it at once; a process may have something left to do about SIGTERM. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void
  /** Waits until it is gone, after it has said that it ends. */
  join(): void
  /** Calls back when it is gone, and says why, if it could not do so itself. */
  onceGone(callback: (why: Death) => void): void
  /** Why it is gone, as far as that can be told while this thread blocks. */
  readonly likelyDeath: Death
  /** This process ends, while the worker has a call. */
  abandon(): void
}

/** Why a worker is gone that has not said so itself. */
export interface Death {
  readonly how: string
  readonly cause?: unknown
}

/** How a pool is to work. */
export interface PoolOptions {
  readonly maxWorkers: number
  /** After how many calls a worker is replaced. */
  readonly maxTasksPerChild: number
  /** How many ms after it was asked to stop a worker is killed. */
  readonly graceTime: number
  /** Told of exceptions in promises that calls left behind. */
  readonly exceptionHandler: ((context: ExceptionContext) => void) | undefined
}

interface Call {
  readonly future: Future
  readonly fn: AnyFunction
  readonly args: readonly unknown[]
  /** Whether `args` is a list of arguments for many calls, whose results are wanted in a list. */
  readonly many: boolean
  /** Whether another worker may be given it, should this one end before it has begun it. */
  repeatable: boolean
}

interface Worker {
  readonly hand: Hand
  readonly port: MessagePort
  readonly known: Set<number> // functions that it has loaded
  call: Call | undefined // what it runs
  id: number // the number of that call, or of the last
  calls: number // how many it has had
  ending: boolean // it was told to end, or ends by itself
  killAt: number // when its grace time is over
}

export class WorkerPool implements Source {
  readonly #crew: Crew
  readonly #options: PoolOptions
  // Each in turn of its submission. One that was cancelled is dropped when its turn comes.
  #queue: (Call | undefined)[] = []
  #head = 0 // those before it have been taken, and let go of
  readonly #workers = new Set<Worker>()
  readonly #idle: Worker[] = []
  #started = 0
  #isShutdown = false
  #broken: Error | undefined
  #whenEnded: Future<void>[] = []
  #terminateAt = Number.POSITIVE_INFINITY

  constructor(crew: Crew, options: PoolOptions) {
    this.#crew = crew
    this.#options = options
  }

  /** Whether a call is queued or runs, or a worker is about to end. */
  get owed(): boolean {
    return this.#workers.size > this.#idle.length || this.#head < this.#queue.length
  }

  submit(fn: AnyFunction, args: readonly unknown[], many = false): Future {
    this.check()
    toReference(fn) // throws, if another thread could not find it
    const future = new Future()
    this.#queue.push({ future, fn, args, many, repeatable: true })
    try {
      this.#dispatch()
    } catch (error) {
      future.cancel() // no worker could be started
      throw error
    }
    return future
  }

  /** @throws RuntimeError if no call can be taken any more */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken
    if (this.#isShutdown) throw new RuntimeError('cannot schedule new futures after shutdown')
  }

  /** No new calls are taken; the workers end when those that were are done. */
  shutdown(cancelFutures: boolean): void {
    this.#isShutdown = true
    for (const { future } of cancelFutures ? this.#takeQueue() : [])
      if (future.cancel()) future.setRunningOrNotifyCancel()
    this.#dispatch()
    if (this.#workers.size === 0) this.#close()
  }

  /** Cancels what has not begun, and ends the workers, whatever they do. */
  terminate(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#terminateAt = Number.POSITIVE_INFINITY
    this.shutdown(true)
    for (const worker of [...this.#workers]) {
      worker.hand.kill(signal)
      if (this.#crew.kind === 'thread') this.#end(worker, { how: 'the pool was terminated' }) // a process tells when it is gone
    }
  }

  /** Terminates the pool in `timeout` ms, if it has not ended by then. */
  terminateAfter(timeout: number): void {
    this.#terminateAt = Math.min(this.#terminateAt, performance.now() + timeout)
    if (this.#workers.size > 0) setAlarm(timeout, () => this.#tick())
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

  /** This process ends. Workers that are idle see it; those that compute do not, and might go on forever. */
  abandon(): void {
    for (const { hand, call } of this.#workers) if (call !== undefined) hand.abandon()
  }

  receive(look: boolean): void {
    for (const worker of [...this.#workers]) {
      let got = receiveMessageOnPort(worker.port)
      if (got === undefined && look && isClosed(worker.port)) this.#end(worker, worker.hand.likelyDeath)
      for (; got !== undefined; got = receiveMessageOnPort(worker.port)) this.#take(worker, got.message as FromWorker)
    }
    this.#tick()
  }

  get due(): number {
    let due = this.#terminateAt
    for (const { killAt } of this.#workers) due = Math.min(due, killAt)
    return due
  }

  /** Does what is due. */
  #tick(): void {
    const now = performance.now()
    for (const worker of [...this.#workers]) if (worker.killAt <= now) this.#kill(worker)
    if (this.#terminateAt <= now && this.#workers.size > 0) this.terminate('SIGKILL')
  }

  /** Gives what waits to those who are free, and lets go those who are not needed any more. */
  #dispatch(): void {
    for (;;) {
      const call = this.#queue[this.#head]
      if (call === undefined) break
      if (!call.future.cancelled()) {
        const worker = this.#freeWorker()
        if (worker === undefined) return
        this.#shift()
        call.future.setRunningOrNotifyCancel()
        this.#give(worker, call)
      } else {
        this.#shift()
        call.future.setRunningOrNotifyCancel()
      }
    }
    if (this.#isShutdown) for (const worker of this.#idle.splice(0)) this.#letGo(worker)
  }

  #shift(): void {
    this.#queue[this.#head++] = undefined // its arguments and its result may be large
    if (this.#head < 1024 || this.#head * 2 < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }

  #takeQueue(): Call[] {
    const calls = this.#queue.slice(this.#head) as Call[] // there are only those, from #head on
    this.#queue = []
    this.#head = 0
    return calls
  }

  #freeWorker(): Worker | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    return this.#workers.size < this.#options.maxWorkers ? this.#start() : undefined
  }

  #start(): Worker {
    const { port1: port, port2: farPort } = new MessageChannel()
    let hand: Hand
    try {
      hand = this.#crew.start(this.#started, farPort)
    } catch (error) {
      port.close()
      throw error
    }
    this.#started++
    const worker: Worker = {
      hand,
      port,
      known: new Set(),
      call: undefined,
      id: 0,
      calls: 0,
      ending: false,
      killAt: Number.POSITIVE_INFINITY,
    }
    if (this.#workers.size === 0) this.#open()
    this.#workers.add(worker)
    port.on('message', (message: FromWorker) => {
      this.#take(worker, message)
      this.receive(false) // what else has come: that is faster than one event for each
    })
    port.on('close', () => {
      if (this.#workers.has(worker)) hand.onceGone((death) => this.#end(worker, death))
    })
    port.unref()
    return worker
  }

  #give(worker: Worker, call: Call): void {
    const { future } = call
    worker.call = call
    worker.calls++
    const number = numberOf(call.fn)
    const id = ++worker.id
    const { claims } = worker.hand
    future.sent = {
      hasBegun: () => hasBegun(claims, 0, id),
      takeBack: () => this.#takeBack(worker, call),
      requestStop: () => this.#requestStop(worker, call),
    }
    offer(claims, 0, id)
    const transfer: Movable[] = []
    try {
      const fn = { number, reference: worker.known.has(number) ? undefined : toReference(call.fn) }
      const args = pack(call.args, transfer)
      if (this.#crew.kind === 'process') refuseShared(args, transfer)
      this.#post(worker, { kind: 'call', id, fn, args, many: call.many }, transfer)
      if (transfer.length > 0) call.repeatable = false // what has moved is gone
    } catch (cause) {
      discard(transfer)
      worker.call = undefined
      worker.calls--
      const what = `the args of ${call.fn.name}() can't be sent to another ${this.#crew.kind}: ${reasonOf(cause)}`
      this.#idle.push(worker)
      future.setException(new TypeError(what, { cause }))
      return
    }
    worker.port.ref() // the program does not end before its calls
  }

  /** Returns whether the call had not begun. Then its worker is free for another one, which it finds behind this one. */
  #takeBack(worker: Worker, call: Call): boolean {
    if (worker.call !== call || !takeBack(worker.hand.claims, 0, worker.id)) return false
    worker.call = undefined
    worker.calls--
    worker.port.unref()
    this.#idle.push(worker)
    this.#dispatchNext()
    return true
  }

  #post(worker: Worker, message: ToWorker, transfer: Movable[] = []): void {
    worker.port.postMessage(message, transfer)
    worker.hand.ring()
  }

  #take(worker: Worker, message: FromWorker): void {
    if (message.kind === 'ended') return this.#end(worker, { how: message.how ?? 'it was told to' })
    if (message.kind === 'refused') return this.#break(worker, unpackError(message.error))
    if (message.kind === 'left-behind') return this.#report(message)
    const call = worker.call
    if (call === undefined || message.id !== worker.id) return // it was given up meanwhile
    worker.call = undefined
    worker.killAt = Number.POSITIVE_INFINITY
    worker.port.unref()
    if (message.kind === 'result') worker.known.add(numberOf(call.fn)) // else it may not have come to load it
    if (worker.calls >= this.#options.maxTasksPerChild) this.#letGo(worker)
    else this.#idle.push(worker)
    this.#dispatchNext() // first of all, so that the worker is not kept waiting by callbacks
    if (message.kind === 'error') call.future.setException(unpackError(message.error))
    else this.#setResult(call, message.value)
  }

  #setResult({ future, fn }: Call, parcel: Parameters<typeof unpack>[0]): void {
    let value: unknown
    try {
      value = unpack(parcel)
    } catch (cause) {
      future.setException(new TypeError(`the result of ${fn.name}() can't be read: ${reasonOf(cause)}`, { cause }))
      return
    }
    future.setResult(value)
  }

  /** A worker that can't be started now is nobody's fault who could be told, save those who wait for it. */
  #dispatchNext(): void {
    try {
      this.#dispatch()
    } catch (error) {
      for (const call of this.#takeQueue()) if (call.future.setRunningOrNotifyCancel()) call.future.setException(error)
    }
  }

  #letGo(worker: Worker): void {
    worker.ending = true
    worker.port.ref() // a call may wait for its place, or somebody for its end
    this.#post(worker, { kind: 'end' })
  }

  /** The worker is gone, or as good as gone. */
  #end(worker: Worker, { how, cause }: Death): void {
    if (!this.#workers.delete(worker)) return
    const place = this.#idle.indexOf(worker)
    if (place >= 0) this.#idle.splice(place, 1)
    worker.port.close()
    if (worker.ending) worker.hand.join()
    const { call } = worker
    worker.call = undefined
    const isGivenAgain = call !== undefined && this.#giveAgain(worker, call)
    this.#dispatchNext()
    if (call !== undefined && !isGivenAgain) {
      const what = `the ${this.#crew.kind} that ran ${call.fn.name}() ended before the call did: ${how}`
      call.future.setException(this.#broken ?? new this.#crew.BrokenPool(what, cause === undefined ? {} : { cause }))
    }
    if (this.#workers.size === 0) this.#close()
  }

  /**
   * It ended while it was idle, before it had seen the call: another one takes that. Not so if it never was idle, as a worker that
   * can't begin would be started again and again.
   */
  #giveAgain({ hand, id, calls }: Worker, call: Call): boolean {
    if (!call.repeatable || calls === 1 || this.#broken !== undefined || hasBegun(hand.claims, 0, id)) return false
    let other: Worker | undefined
    try {
      other = this.#freeWorker()
    } catch {} // none can be started: then the call fails as it would have
    if (other !== undefined) this.#give(other, call)
    return other !== undefined
  }

  #break(worker: Worker, cause: unknown): void {
    const what = `A ${this.#crew.kind} initializer failed, the ${this.#crew.kind} pool is not usable anymore`
    this.#broken ??= new this.#crew.BrokenPool(what, { cause })
    this.#isShutdown = true
    const calls = this.#takeQueue()
    this.#end(worker, { how: 'its initializer failed' })
    for (const call of calls) if (call.future.setRunningOrNotifyCancel()) call.future.setException(this.#broken)
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

  #requestStop(worker: Worker, call: Call): void {
    if (worker.call !== call) return
    call.repeatable = false
    worker.hand.requestStop(worker.id)
    this.#post(worker, { kind: 'stop', id: worker.id })
    const { graceTime } = this.#options
    if (graceTime === Number.POSITIVE_INFINITY || worker.killAt < Number.POSITIVE_INFINITY) return
    worker.killAt = performance.now() + graceTime
    setAlarm(graceTime, () => this.#tick())
  }

  #kill(worker: Worker): void {
    worker.killAt = Number.POSITIVE_INFINITY
    worker.hand.kill()
    this.#end(worker, { how: 'it has not stopped within its grace time' })
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
    if (this.#isShutdown) this.#crew.close?.()
    for (const ended of this.#whenEnded.splice(0)) if (!ended.done()) ended.setResult()
  }
}

let pools: Set<WorkerPool> | undefined // those that have workers

// A function is named to a worker once, and called by its number from then on: its text may be long.
const numbers = new WeakMap<AnyFunction, number>()
let count = 0

function numberOf(fn: AnyFunction): number {
  let number = numbers.get(fn)
  if (number === undefined) {
    number = ++count
    numbers.set(fn, number)
  }
  return number
}

/** Calls back in `ms` ms, if the host gets a turn by then. The program need not wait for it: the calls keep it alive. */
function setAlarm(ms: number, callback: () => void): void {
  setTimeout(callback, Math.min(ms + 1, LONGEST_TIMER)).unref()
}

const LONGEST_TIMER = 2 ** 31 - 1

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error)
}
