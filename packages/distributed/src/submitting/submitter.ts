// The executor's side. The client thread knows a call by its number, and reports how it ends.

import { randomBytes } from 'node:crypto'
import { RuntimeError } from 'spindle'
import { onAbort, printable } from 'spindle/internal'
import {
  Alarm,
  CallCounts,
  type CallParts,
  type CallPool,
  isLoadingModule,
  PoolEmitter,
  waitUntil,
} from 'spindle/internal/thread'
import { type AnyFunction, BrokenExecutor, concurrent, type PoolEvents, type PoolStats } from 'spindle/thread'
import { checkOptionsOfCall, type DistributedCallOptions } from '../calls/call-options.ts'
import { decode, encode } from '../calls/codec.ts'
import { ConnectionError } from '../calls/errors.ts'
import { nameFunction } from '../calls/function-name.ts'
import type { FromSubmittingClient, Outcome, QueueStatus, ToSubmittingClient } from '../calls/protocol.ts'
import { type Telemetry, traceSubmission } from '../calls/telemetry.ts'
import type { Connection } from '../redis/connection-options.ts'
import { ClientLink } from './client-link.ts'
import { errorOf, jobOptions, RemoteCall } from './remote-call.ts'

/** The validated options of an executor. */
export interface SubmitterOptions extends Connection {
  readonly resultTtl: number
  readonly payloadLimit: number
  readonly telemetry: Telemetry | undefined
}

export class Submitter implements CallPool {
  readonly maxWorkers: number = 64 // how far map() reads ahead of an async iterable, which nothing else limits here
  readonly maxQueue: number = Number.POSITIVE_INFINITY
  readonly #options: SubmitterOptions
  readonly #id = randomBytes(12).toString('base64url') // part of each id of a job, which Redis sends often: short
  readonly #calls = new Map<number, RemoteCall>()
  #client: ClientLink | undefined
  #last = 0
  #isShutdown = false
  #isDetached = false // open calls do not keep the program alive
  #whenEnded: concurrent.Future<void>[] = []
  #broken: (() => Error) | undefined // why the client thread is about to end, as it reported itself
  readonly #asked = new Map<number, concurrent.Future<unknown>>()
  readonly #alarm = new Alarm(() => this.terminate())
  readonly #emitter = new PoolEmitter()
  readonly #counts = new CallCounts()

  constructor(options: SubmitterOptions) {
    this.#options = options
  }

  get events(): PoolEvents {
    return this.#emitter.events
  }

  checkOptions(options: DistributedCallOptions): void {
    checkOptionsOfCall(options)
  }

  submit({ fn, args, kind, options, onItem }: CallParts): RemoteCall {
    const named = nameFunction(fn)
    this.check(`${fn.name}()`)
    if (kind === 'stream' || onItem !== undefined)
      throw new RuntimeError(
        `${named.name}() can't be streamed from another machine: stream() is for pools of threads and processes. ` +
          'Return the items, or report them with reportProgress()',
      )
    const call = new RemoteCall(++this.#last, named, options as DistributedCallOptions, this)
    let text: string
    try {
      text = encode(args, this.#options.payloadLimit, `the args of ${named.name}()`)
    } catch (error) {
      call.future.failCall(named.name, error)
      return call
    }
    if (call.options.signal?.aborted === true) {
      call.future.setException(call.options.signal.reason)
      return call
    }
    this.#calls.set(call.number, call)
    call.parent?.nested(1)
    this.#followSignal(call)
    const { telemetry, queue } = this.#options
    const trace = telemetry && traceSubmission(telemetry, queue, named.name)
    this.#open().post({
      kind: 'submit',
      call: call.number,
      name: named.name,
      code: named.code,
      args: text,
      options: jobOptions(call, kind === 'many', trace),
    })
    this.#hold()
    this.#emitter.emit('call:queued', { name: named.name })
    return call
  }

  check(call = 'a call'): void {
    if (this.#isShutdown) throw new RuntimeError('cannot schedule new futures after shutdown')
    if (isLoadingModule())
      throw new RuntimeError(
        `${call} was submitted while its module was imported, by a worker or a thread: that would go on forever. ` +
          'Write: if (isMain(import.meta)) main()',
      )
  }

  grant(): void {} // there are no streams

  ready(): concurrent.Future<void> {
    return this.#ask('ready')
  }

  stats(): PoolStats {
    // `status()` asks Redis for the workers, and how many calls run.
    return this.#counts.stats({ workers: 0, idle: 0, queued: this.#calls.size, running: 0 }, 0, 0)
  }

  status(): concurrent.Future<QueueStatus> {
    return this.#ask('status')
  }

  cancelKey(fn: AnyFunction, key: string): concurrent.Future<boolean> {
    return this.#ask({ cancel: `${nameFunction(fn).name}/${key}` })
  }

  #ask<T>(what: (ToSubmittingClient & { kind: 'ask' })['what']): concurrent.Future<T> {
    this.check()
    const future = new concurrent.Future<T>()
    const number = ++this.#last
    this.#asked.set(number, future as concurrent.Future<unknown>)
    this.#open().post({ kind: 'ask', number, what })
    this.#hold()
    return future
  }

  shutdown(cancelFutures: boolean, wait: boolean): void {
    this.#isShutdown = true
    if (cancelFutures) for (const call of this.#calls.values()) this.cancel(call, 'withdrawn')
    this.#isDetached = !wait
    this.#hold()
    this.#closeIfDone()
  }

  terminate(): void {
    this.#isShutdown = true
    this.#alarm.reset(Number.POSITIVE_INFINITY)
    for (const call of [...this.#calls.values()]) {
      this.cancel(call)
      this.#giveUp(call, 'the executor was terminated')
    }
    this.#closeIfDone()
  }

  terminateAfter(timeout: number): void {
    if (this.#calls.size > 0) this.#alarm.set(performance.now() + timeout)
  }

  /** When there is something to do, by `performance.now()`: no timer calls while this thread blocks. */
  get due(): number {
    return this.#alarm.due
  }

  whenDue(): void {
    this.terminate()
  }

  join(): void {
    waitUntil(
      () => this.#client === undefined,
      Number.POSITIVE_INFINITY,
      () => 'shutdown()',
    )
  }

  ended(): concurrent.Future<void> {
    const ended = new concurrent.Future<void>()
    if (this.#client === undefined) ended.setResult()
    else {
      this.#whenEnded.push(ended)
      this.#hold()
    }
    return ended
  }

  take(message: Exclude<FromSubmittingClient, { kind: 'closed' }>): void {
    if (message.kind === 'ended') return this.#ended(message.call, message.outcome)
    if (message.kind === 'progress') return this.#progress(message.call, message.value)
    if (message.kind === 'warning') return console.warn(`spindle/distributed: ${printable(message.message, 1000)}`)
    if (message.kind === 'broken') {
      const ErrorType = message.isConnection ? ConnectionError : BrokenExecutor
      this.#broken = () => new ErrorType(message.message)
      return this.#break(this.#broken)
    }
    const future = this.#asked.get(message.number)
    this.#asked.delete(message.number)
    if (future === undefined) return
    if (message.error === undefined) future.setResult(message.value)
    else future.setException(new BrokenExecutor(`the queue can't be asked: ${message.error}`))
    this.#hold()
  }

  /** The client has ended, by this error if its thread could not report it. */
  gone(cause: unknown): void {
    this.#client = undefined
    this.#break(this.#broken ?? (() => new BrokenExecutor('the client thread ended before the call did', { cause })))
    this.#broken = undefined
    for (const ended of this.#whenEnded.splice(0)) ended.setResult()
  }

  #open(): ClientLink {
    if (this.#client === undefined) {
      const { telemetry: _, ...options } = this.#options
      this.#client = new ClientLink({ ...options, submitter: this.#id }, this)
    }
    return this.#client
  }

  /** Its Future no longer needs the call, or requests a function that runs to stop. */
  cancel(call: RemoteCall, why: 'cancelled' | 'withdrawn' = 'cancelled'): void {
    if (this.#calls.get(call.number) === call) this.#client?.post({ kind: 'cancel', call: call.number, why })
  }

  /** Nobody waits for the end of a call that was cancelled. */
  abandon(call: RemoteCall): void {
    this.#giveUp(call, 'its loop ended before the call was known to be cancelled')
  }

  #giveUp(call: RemoteCall, why: string): void {
    const error = new BrokenExecutor(`${call.named.name}() was given up: ${why}`)
    this.#settle(call, 'failed', () => call.future.setException(error))
  }

  #followSignal(call: RemoteCall): void {
    const { signal } = call.options
    if (signal === undefined) return
    call.release = onAbort(signal, () => {
      this.cancel(call)
      if (!call.future.settled) call.future.setException(signal.reason)
    })
  }

  #progress(number: number, text: string): void {
    const call = this.#calls.get(number)
    if (call === undefined) return
    try {
      call.options.onProgress?.(decode(text, `the progress of ${call.named.name}()`))
    } catch (error) {
      console.error(`Exception while a value that ${printable(call.named.name)}() has sent was taken\n`, error)
    }
  }

  #ended(number: number, outcome: Outcome): void {
    const call = this.#calls.get(number)
    if (call === undefined) return
    const { future, named } = call
    if (outcome.how === 'result') {
      let value: unknown
      try {
        value = decode(outcome.value, `the result of ${named.name}()`)
      } catch (error) {
        return this.#settle(call, 'failed', () => future.setException(error))
      }
      return this.#settle(call, 'done', () => future.setResult(value))
    }
    if (outcome.how === 'cancelled')
      return this.#settle(call, 'cancelled', () => {
        call.isCancelled = true
        future.cancel()
      })
    this.#settle(call, 'failed', () => future.failCall(named.name, errorOf(outcome, call)))
  }

  /** The call has ended, regardless of its Future. */
  #settle(call: RemoteCall, how: 'done' | 'failed' | 'cancelled', finish: () => void): void {
    if (!this.#calls.delete(call.number)) return
    call.release?.()
    call.parent?.nested(-1)
    this.#counts[how]++
    if (!call.future.settled) finish()
    this.#emitter.emit('call:done', { name: call.named.name, worker: -1, runTime: 0 })
    this.#hold()
    this.#closeIfDone()
  }

  #break(error: () => Error): void {
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    for (const call of [...this.#calls.values()]) this.#settle(call, 'failed', () => call.future.setException(error()))
    for (const future of asked) if (!future.settled && !future.cancelled()) future.setException(error())
  }

  /** The program does not end before its calls, unless shut down with `wait: false`. */
  #hold(): void {
    const isOwed = this.#calls.size > 0 || this.#asked.size > 0
    const isHeld = isOwed || (this.#isShutdown && !this.#isDetached)
    this.#client?.hold(isHeld, !isHeld || this.#isDetached)
  }

  #closeIfDone(): void {
    if (!this.#isShutdown || this.#calls.size > 0) return
    this.#alarm.reset(Number.POSITIVE_INFINITY)
    this.#client?.post({ kind: 'close' })
  }
}
