// The side of a worker that runs user code. Each call received from the client thread ends with one outcome, which is
// posted back:
//
//   coroutine        a Task of this loop             cancelled as Tasks are
//   async function   a Task that waits for it        asked to stop
//   plain function   on a thread of the pool         taken back, or asked to stop

import {
  type Coroutine,
  type EventLoop,
  type Future,
  getRunningLoop,
  type Task,
  TimeoutError,
  uncancellable,
} from 'spindle'
import { CurrentCall, runSeveral } from 'spindle/internal/thread'
import { BrokenExecutor, type concurrent, ThreadPoolExecutor } from 'spindle/thread'
import { decodeArgs, encode } from '../calls/codec.ts'
import type { RunningCall } from '../calls/current-call.ts'
import { errorToText, messageOf } from '../calls/error-text.ts'
import { ConnectionError, FunctionNotFoundError } from '../calls/errors.ts'
import {
  type FromWorkingClient,
  type JobData,
  PROTOCOL_VERSION,
  type RunOutcome,
  type ToWorkingClient,
} from '../calls/protocol.ts'
import { traceRun } from '../calls/telemetry.ts'
import { type ClientOwner, ClientThread } from '../redis/client-thread.ts'
import type { Functions, WorkerFunction } from './functions.ts'
import { runPlainCall } from './plain-call.ts'
import { outOfTimeError, runTask } from './run-task.ts'
import type { WorkerHealth } from './worker-health.ts'
import type { CheckedWorkerOptions } from './worker-options.ts'
import { runWorkingClient } from './working-client.ts'

type CallMessage = FromWorkingClient & { kind: 'call' }

/** Why a call must end: it was cancelled, another worker has it, or this worker stops. */
type Reason = 'cancelled' | 'lost' | 'stopping'

/** A running call. */
interface Active {
  readonly message: CallMessage
  readonly fn: WorkerFunction
  reason: Reason | undefined
  /** Cancels a Task; requests a function to stop. */
  stop: () => void
  /** How many ms it may run. */
  readonly timeout: number | undefined
  /** Ends its span. */
  endSpan: (error?: unknown) => void
}

/** How long functions have to stop before their calls are returned to the queue without them. */
const STOP_MS = 1000
const NEVER = Number.POSITIVE_INFINITY

export class WorkerHost implements ClientOwner<FromWorkingClient> {
  /** Done when calls can arrive, or when `check()` knows why they can't. */
  readonly connected: Future<void>
  /** Done when the worker was stopped and all calls have ended. */
  readonly idle: Future<void>
  readonly #options: CheckedWorkerOptions
  readonly #functions: Functions
  readonly #loop: EventLoop = getRunningLoop()
  readonly #client: ClientThread<ToWorkingClient, FromWorkingClient>
  readonly #gone: Future<void>
  readonly #active = new Map<number, Active>()
  /** The run whose coroutine is on the stack; and whether the client thread has told why this thread dies. */
  readonly #current = new Int32Array(new SharedArrayBuffer(8))
  readonly #pool: ThreadPoolExecutor
  readonly #calls = runSeveral()
  readonly #counts = { done: 0, failed: 0, cancelled: 0, 'given-back': 0 }
  #lent = 0 // slots of calls that wait for calls
  #isWell = false // until it is connected
  #isStopping = false
  #isClosing = false
  #isGone = false
  #problem: { readonly message: string; readonly isConnection: boolean } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: CheckedWorkerOptions, functions: Functions) {
    const { url, redis, queue, prefix, secret, connectTimeout, name, concurrency, lock, maxLost } = options
    this.#options = options
    this.#functions = functions
    this.connected = this.#loop.createFuture()
    this.idle = this.#loop.createFuture()
    this.#gone = this.#loop.createFuture()
    this.#pool = new ThreadPoolExecutor(options.threads, { threadNamePrefix: 'spindle-worker' })
    const connection = { url, redis, queue, prefix, secret, connectTimeout }
    const forClient = { ...connection, name, concurrency, lock, maxLost, current: this.#current }
    this.#client = new ClientThread('spindle-client', runWorkingClient, forClient, this)
    this.#client.hold(true)
    process.on('uncaughtExceptionMonitor', this.#dying)
  }

  health(): WorkerHealth & { running: number; done: number; failed: number; cancelled: number } {
    const { done, failed, cancelled } = this.#counts
    const status = this.#isStopping ? 'stopping' : this.#isWell ? 'ready' : 'unreachable'
    return { status, running: this.#active.size, done, failed, cancelled }
  }

  /** @throws ConnectionError or BrokenExecutor if it could not continue, or could not end properly */
  check(): void {
    if (this.#problem === undefined) return
    throw new (this.#problem.isConnection ? ConnectionError : BrokenExecutor)(this.#problem.message)
  }

  /** Takes no new calls. After `graceTime`, or when called again, it cancels running calls and requeues them. */
  stop(): void {
    if (this.#isStopping) return this.#stopAll()
    this.#isStopping = true
    this.#client.post({ kind: 'pause' })
    this.#options.onEvent({ event: 'stopping' })
    this.#timer = setTimeout(() => this.#stopAll(), this.#options.graceTime)
    this.#checkIdle()
  }

  /** Stops at once, and waits until everything has ended. */
  *close(): Coroutine<void> {
    if (!this.#isGone && !this.idle.done()) {
      this.stop()
      this.#stopAll()
      yield* uncancellable(() => this.idle)
    }
    clearTimeout(this.#timer)
    process.off('uncaughtExceptionMonitor', this.#dying)
    this.#pool.terminate()
    this.#isClosing = true
    if (!this.#isGone) {
      this.#client.post({ kind: 'close' })
      yield* uncancellable(() => this.#gone)
    }
  }

  take(message: FromWorkingClient): void {
    if (message.kind === 'call') this.#begin(message)
    else if (message.kind === 'cancel') this.#cancel(message.run, message.isLost ? 'lost' : 'cancelled')
    else if (message.kind === 'ping') this.#answerFromLoop()
    else if (message.kind === 'health') this.#setHealth(message.isWell)
    else if (message.kind === 'warning') this.#options.onEvent({ event: 'warning', message: message.message })
    else this.#problem = message
  }

  /** The process is about to end. Waits until it is written down why: whoever waits for the calls learns it. */
  readonly #dying = (error: unknown): void => {
    if (this.#active.size === 0 || this.#isGone) return
    const stack = error instanceof Error ? error.stack : undefined
    const message = `${this.#options.name} ended by an exception that nobody has caught: ${stack ?? messageOf(error)}`
    this.#client.post({ kind: 'dying', message })
    Atomics.wait(this.#current, 1, 0, STOP_MS)
  }

  #setHealth(isWell: boolean): void {
    this.#isWell = isWell
    this.#settle(this.connected, undefined)
  }

  gone(): void {
    this.#isGone = true
    if (!this.#isClosing) this.#problem ??= { message: 'the client thread of the worker ended', isConnection: false }
    for (const active of this.#active.values()) {
      active.reason ??= 'lost'
      active.stop()
    }
    this.#settle(this.connected, undefined)
    this.#settle(this.#gone, undefined)
    if (!this.idle.done()) this.idle.setResult()
  }

  /** Only a loop that runs answers: a thread that blocks for a result takes messages, too. */
  #answerFromLoop(): void {
    if (!this.#isClosing) this.#loop.callSoon(() => this.#client.post({ kind: 'pong' }))
  }

  #settle<T>(future: Future<T>, value: T): void {
    if (!future.done()) future.setResult(value)
  }

  #begin(message: CallMessage): void {
    const { run, name, id, data } = message
    if (this.#isStopping) return this.#post(run, { how: 'give-back', later: false })
    const fn = this.#functions.get(name)
    if (fn === undefined) return this.#unknown(message)
    this.#options.onEvent({ event: 'begun', id, name })
    const limit = Math.min(data?.timeout ?? NEVER, (data?.deadline ?? NEVER) - Date.now())
    const timeout = Number.isFinite(limit) ? Math.max(1, limit) : undefined
    const active: Active = { message, fn, reason: undefined, stop: () => {}, timeout, endSpan: () => {} }
    this.#active.set(run, active)
    const { telemetry, queue } = this.#options
    if (telemetry === undefined) return this.#start(active)
    active.endSpan = traceRun(telemetry, { queue, ...message }, () => this.#start(active))
  }

  #start(active: Active): void {
    const { fn, message } = active
    const { name, data } = message
    try {
      const version = (data as JobData | null)?.version
      if (version !== PROTOCOL_VERSION)
        throw new TypeError(
          `${name}() was sent by another version of @spindle/distributed: its form is ${version}, ` +
            `this worker reads ${PROTOCOL_VERSION}. Use one version on both sides`,
        )
      if (data.expiresAt !== undefined && Date.now() > data.expiresAt)
        throw new TimeoutError(`${name}() has not begun before it expired`)
      if (fn.kind === 'plain') this.#startPlain(active)
      else this.#startTask(active, decodeArgs(data.args, name))
    } catch (error) {
      this.#fail(active, error)
    }
  }

  #unknown({ run, id, name }: CallMessage): void {
    if (this.#options.unknown === 'give-back') return this.#post(run, { how: 'give-back', later: true })
    const error = new FunctionNotFoundError(
      `the worker ${this.#options.name} has no ${name}(). It has ${this.#functions.names.join(', ')}`,
    )
    this.#options.onEvent({ event: 'failed', id, name, error: error.message })
    this.#post(run, { how: 'error', message: error.message, record: errorToText(error, 'unknown:') })
  }

  #startTask(active: Active, args: readonly unknown[]): void {
    const { message, fn, timeout: limit } = active
    const { name, data } = message
    const call = new CurrentCall({
      isStopRequested: () => active.reason !== undefined || task.done(),
      keepAliveForMessages: () => {},
      sendProgress: (value) => this.#sendProgress(active, value),
    })
    call.detail = this.#callOf(active)
    const task: Task<unknown> = this.#calls.run(call, () =>
      this.#loop.createTask(runTask(fn, args, { message, limit, current: this.#current }), { name }),
    ) as Task<unknown>
    active.stop = fn.kind === 'coroutine' ? () => void task.cancel() : () => call.stop()
    task.addDoneCallback(() => {
      if (task.cancelled()) return this.#wasCancelled(active)
      const error = task.exception()
      if (error === undefined)
        return this.#succeed(active, () => encode(task.result(), data.payloadLimit, `the result of ${name}()`))
      call.stop() // an `async` function may continue after its time
      this.#fail(active, error)
    })
  }

  #startPlain(active: Active): void {
    const { fn, message } = active
    const { data, name } = message
    const { info, parents, deadline } = this.#callOf(active)
    const { timeout: limit } = active
    const pool = this.#pool.with({
      ...(limit !== undefined && { timeout: limit }),
      ...(data.hasProgress && { onProgress: (value: unknown) => this.#sendProgress(active, value) }),
    })
    const { module, exported } = fn
    const call = { info, parents, deadline }
    const future: concurrent.Future<string> = pool.submit(runPlainCall, { name, module, exported, call, data })
    active.stop = () => void future.cancel()
    future.addDoneCallback(() => {
      if (future.cancelled()) return this.#wasCancelled(active)
      const error = future.exception()
      if (error instanceof TimeoutError && limit !== undefined && error.message.startsWith('runPlainCall()'))
        return this.#fail(active, outOfTimeError(name, limit))
      if (error instanceof BrokenExecutor) error.message = error.message.replace('runPlainCall()', `${name}()`)
      if (error !== undefined) return this.#fail(active, error)
      this.#succeed(active, () => future.result())
    })
  }

  #callOf({ message, fn, timeout: limit }: Active): RunningCall {
    const { id, attempt, data } = message
    let open = 0
    return {
      nested: (change) => {
        open += change
        // A plain function blocks its thread, which cannot be lent.
        if (fn.kind !== 'plain' && open === (change === 1 ? 1 : 0)) this.#lend(change)
      },
      info: { id, attempt, queue: this.#options.queue },
      parents: data.parents ?? [],
      deadline: limit && Date.now() + limit,
    }
  }

  #sendProgress({ message: { run, data }, fn }: Active, progress: unknown): void {
    if (!data.hasProgress) return
    const value = encode(progress, data.payloadLimit, `the progress of ${fn.name}()`)
    this.#client.post({ kind: 'progress', run, value })
  }

  /** A call returns its slot while it waits for its own calls, or these could never begin with all slots taken. */
  #lend(change: number): void {
    this.#lent += change
    if (!this.#isGone) this.#client.postSoon({ kind: 'lent', slots: this.#lent })
  }

  #cancel(run: number, reason: Reason): void {
    const active = this.#active.get(run)
    if (active === undefined || active.reason !== undefined) return
    active.reason = reason
    active.stop()
  }

  #stopAll(): void {
    clearTimeout(this.#timer)
    for (const run of [...this.#active.keys()]) this.#cancel(run, 'stopping')
    this.#timer = setTimeout(() => {
      for (const active of [...this.#active.values()]) if (active.fn.kind !== 'coroutine') this.#giveBack(active)
    }, STOP_MS)
  }

  #wasCancelled(active: Active): void {
    if (active.reason !== 'cancelled') return this.#giveBack(active) // refused if another worker has the call
    this.#end(active, 'cancelled', { how: 'cancelled' })
  }

  #giveBack(active: Active): void {
    this.#end(active, 'given-back', { how: 'give-back', later: false })
  }

  #succeed(active: Active, read: () => string): void {
    const { reason, fn } = active
    if (reason === 'cancelled' && fn.kind === 'coroutine') {
      this.#warn(`${fn.name}() swallowed its cancellation: its result is dropped. Do not catch CancelledError`)
      return this.#end(active, 'cancelled', { how: 'cancelled' })
    }
    let value: string
    try {
      value = read()
    } catch (error) {
      return this.#fail(active, error)
    }
    this.#end(active, 'done', { how: 'result', value })
  }

  #fail(active: Active, error: unknown): void {
    const { reason, fn, message } = active
    if (reason === 'stopping' || (reason === 'lost' && fn.kind === 'coroutine')) return this.#giveBack(active)
    if (reason !== undefined && fn.kind === 'coroutine') {
      this.#warn(`${fn.name}() was cancelled, and threw in its clean-up: ${messageOf(error)}`)
      return this.#end(active, 'cancelled', { how: 'cancelled' })
    }
    if (!this.#active.has(message.run)) return
    const text = messageOf(error)
    this.#options.onEvent({ event: 'failed', id: message.id, name: message.name, error: text })
    const record = errorToText(error, fn.module)
    active.endSpan(error)
    this.#end(active, 'failed', { how: 'error', message: text || 'it threw without a message', record })
  }

  #end({ message, endSpan }: Active, how: 'done' | 'failed' | 'cancelled' | 'given-back', outcome: RunOutcome): void {
    const { run, id, name } = message
    if (!this.#active.delete(run)) return
    if (how !== 'failed') endSpan()
    this.#counts[how]++
    if (how !== 'failed') this.#options.onEvent({ event: how, id, name })
    this.#post(run, outcome)
    this.#checkIdle()
  }

  #post(run: number, outcome: RunOutcome): void {
    if (!this.#isGone) this.#client.postSoon({ kind: 'ended', run, outcome })
  }

  #checkIdle(): void {
    if (!this.#isStopping || this.#active.size > 0 || this.idle.done()) return
    clearTimeout(this.#timer)
    this.idle.setResult()
  }

  #warn(message: string): void {
    this.#options.onEvent({ event: 'warning', message })
  }
}
