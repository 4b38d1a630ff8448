// Runs the calls of a worker. Each ends with one outcome:
//
//   coroutine        a Task of this loop             cancelled as Tasks are
//   async function   a Task that waits for it        asked to stop
//   plain function   on a thread of the pool         taken back, or asked to stop

import {
  type Coroutine,
  type EventLoop,
  ensureFuture,
  type Future,
  getRunningLoop,
  type Task,
  TimeoutError,
  uncancellable,
} from 'spindle'
import { CurrentCall, replacedGlobal, runSeveral } from 'spindle/internal/thread'
import { BrokenExecutor, type concurrent, ThreadPoolExecutor } from 'spindle/thread'
import { decodeArgs, encode } from '../calls/codec.ts'
import type { RunningCall } from '../calls/current-call.ts'
import { errorToText, messageOf } from '../calls/error-text.ts'
import { ConnectionError } from '../calls/errors.ts'
import type { Call, JobData, RunOutcome } from '../calls/protocol.ts'
import { traceRun } from '../calls/telemetry.ts'
import { ConnectFailure } from '../redis/connect.ts'
import { Condition } from './condition.ts'
import type { Functions, WorkerFunction } from './functions.ts'
import { JobTaker } from './job-taker.ts'
import { type Misfit, misfitOf } from './misfit.ts'
import { type PlainCall, runPlainCall } from './plain-call.ts'
import { outOfTimeError, runTask } from './run-task.ts'
import type { WorkerHealth } from './worker-health.ts'
import type { CheckedWorkerOptions } from './worker-options.ts'

/** Why a call must end: it was cancelled, another worker has it, or this worker stops. */
type Reason = 'cancelled' | 'lost' | 'stopping'

/** A running call. */
interface Active {
  /** Its place among the active calls, or ENDED. */
  at: number
  readonly call: Call
  readonly fn: WorkerFunction
  readonly finish: (outcome: RunOutcome) => void
  reason: Reason | undefined
  /** Cancels a Task; requests a function to stop. */
  stop: () => void
  /** How many ms it may run. */
  readonly timeout: number | undefined
  telling: NodeJS.Timeout | undefined
  /** Ends its span. */
  endSpan: (error?: unknown) => void
}

/** How long functions have to stop before their calls are returned to the queue without them. */
const STOP_MS = 1000
const TELL_AFTER_MS = 20 // that a function runs; for shorter calls, their result says it
const NEVER = Number.POSITIVE_INFINITY
const ENDED = -1
const MOST_BEGUN = 5 // times, before a call fails for a reason of its workers

export class WorkerHost {
  /** Done when the worker was stopped and all calls have ended. */
  readonly idle: Future<void>
  readonly #options: CheckedWorkerOptions
  readonly #functions: Functions
  readonly #loop: EventLoop = getRunningLoop()
  readonly #taker: JobTaker
  readonly #condition = new Condition(
    (slots) => void this.#taker.limit(slots),
    (message) => this.warn(message),
  )
  // A Set would leave its old tables to the collector, which keep calls that have ended alive for a while.
  readonly #active: Active[] = []
  readonly #pool: ThreadPoolExecutor
  readonly #calls = runSeveral()
  readonly #counts = { done: 0, failed: 0, cancelled: 0, 'given-back': 0 }
  /** Why this process can't run calls any more. */
  broken: string | undefined
  #lent = 0 // slots of calls that wait for calls
  #isLending = false
  #isStopping = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: CheckedWorkerOptions, functions: Functions) {
    this.#options = options
    this.#functions = functions
    this.idle = this.#loop.createFuture()
    this.#pool = new ThreadPoolExecutor(options.threads, { threadNamePrefix: 'spindle-worker' })
    this.#taker = new JobTaker(options, this)
  }

  /** Takes calls. @throws ConnectionError */
  async open(): Promise<void> {
    await this.#taker.open().catch(failAsConnection)
    process.on('uncaughtExceptionMonitor', this.#dying)
  }

  get isIdle(): boolean {
    return this.#active.length === 0
  }

  health(): WorkerHealth & {
    illness: string | undefined
    running: number
    done: number
    failed: number
    cancelled: number
  } {
    const { done, failed, cancelled } = this.#counts
    const { illness } = this.#condition
    const isWell = illness === undefined
    const status = this.#isStopping ? 'stopping' : !this.#taker.isWell ? 'unreachable' : isWell ? 'ready' : 'failing'
    return { status, illness, running: this.#active.length, done, failed, cancelled }
  }

  get registered(): readonly string[] {
    return this.#functions.registered
  }

  misfitOf(name: string, data: Partial<JobData>): Misfit | undefined {
    return misfitOf(name, data, this.#options, this.#functions)
  }

  /** Takes no new calls. After `graceTime`, or when called again, it cancels running calls and requeues them. */
  stop(): void {
    if (this.#isStopping) return this.#stopAll()
    this.#isStopping = true
    this.#taker.pause()
    this.#options.onEvent({ event: 'stopping' })
    this.#timer = setTimeout(() => this.#stopAll(), this.#options.graceTime)
    this.#checkIdle()
  }

  /** Stops at once, and waits until everything has ended. @throws ConnectionError if not all of it could be written */
  *close(): Coroutine<void> {
    if (!this.idle.done()) {
      this.stop()
      this.#stopAll()
      yield* uncancellable(() => this.idle)
    }
    clearTimeout(this.#timer)
    process.off('uncaughtExceptionMonitor', this.#dying)
    this.#pool.terminate()
    yield* uncancellable(() => ensureFuture(this.#taker.close().catch(failAsConnection)))
  }

  warn(message: string): void {
    this.#options.onEvent({ event: 'warning', message })
  }

  /**
   * Ends a call because it was cancelled, with the calls that it has made, or because another worker has it now.
   * Returns whether it runs here.
   */
  cancel(id: string, reason: 'cancelled' | 'lost'): boolean {
    let runsHere = false
    for (const active of [...this.#active]) {
      const { call } = active
      if (call.id !== id && (reason === 'lost' || !call.data.parents?.includes(id))) continue
      runsHere ||= call.id === id
      this.#requestEnd(active, reason)
      if (reason === 'lost') break // this worker may have received it again since: the older run is the lost one
    }
    return runsHere
  }

  /** The process is about to end. Waits until it is written down why: whoever waits for the calls learns it. */
  readonly #dying = (error: unknown): void => {
    if (this.isIdle) return
    const stack = error instanceof Error ? error.stack : undefined
    this.#taker.keeper?.writeDown(
      `${this.#options.name} ended by an exception that nobody has caught: ${stack ?? messageOf(error)}`,
    )
  }

  run(call: Call): RunOutcome | Promise<RunOutcome> {
    if (this.#isStopping) return { how: 'give-back', later: false }
    const { name, id, data } = call
    const fn = this.#functions.get(name) as WorkerFunction // it is no misfit
    this.#options.onEvent({ event: 'begun', id, name })
    const limit = Math.min(data.timeout ?? NEVER, (data.deadline ?? NEVER) - this.#taker.clock.now())
    const timeout = Number.isFinite(limit) ? Math.max(1, limit) : undefined
    return new Promise((finish) => {
      const active: Active = {
        at: this.#active.length,
        call,
        fn,
        finish,
        reason: undefined,
        stop: () => {},
        timeout,
        telling: undefined,
        endSpan: () => {},
      }
      this.#active.push(active)
      if (data.repliesStart) active.telling = setTimeout(call.tell, TELL_AFTER_MS, 'active')
      const { telemetry, queue } = this.#options
      if (telemetry === undefined) this.#start(active)
      else active.endSpan = traceRun(telemetry, { queue, ...call }, () => this.#start(active))
    })
  }

  #start(active: Active): void {
    const { fn, call } = active
    const { name, data } = call
    try {
      if (data.expiresAt !== undefined && this.#taker.clock.now() > data.expiresAt)
        throw new TimeoutError(`${name}() has not begun before it expired`)
      if (fn.kind === 'plain') this.#startPlain(active)
      else this.#startTask(active, decodeArgs(data.args, name))
    } catch (error) {
      this.#fail(active, error)
    }
  }

  #startTask(active: Active, args: readonly unknown[]): void {
    const { call, fn, timeout: limit } = active
    const { name } = call
    const current = new CurrentCall({
      isStopRequested: () => active.reason !== undefined || task.done(),
      keepAliveForMessages: () => {},
      sendProgress: (value) => this.#sendProgress(active, value),
    })
    let open = 0 // calls that it has made, and waits for
    const nested = (change: 1 | -1): void => {
      open += change
      if (open === (change === 1 ? 1 : 0)) this.#lend(change)
    }
    current.detail = { ...this.#callOf(active), nested } satisfies RunningCall
    const shared = this.#taker.keeper?.shared as Int32Array // a worker that takes calls has one
    const task: Task<unknown> = this.#calls.run(current, () =>
      this.#loop.createTask(runTask(fn, args, call, limit, shared), { name }),
    ) as Task<unknown>
    active.stop = fn.kind === 'coroutine' ? () => void task.cancel() : () => current.stop()
    const ended = (): void => this.#taskEnded(active, task, current)
    void task.then(ended, ended)
  }

  #taskEnded(active: Active, task: Task<unknown>, current: CurrentCall): void {
    if (task.cancelled()) return this.#wasCancelled(active)
    const error = task.exception()
    const { name, data } = active.call
    if (error === undefined)
      return this.#succeed(active, () => encode(task.result(), data.payloadLimit, `the result of ${name}()`))
    current.stop() // an `async` function may continue after its time
    this.#fail(active, error)
  }

  #startPlain(active: Active): void {
    const { fn, call } = active
    const { data, name } = call
    const { timeout: limit } = active
    const pool = this.#pool.with({
      ...(limit !== undefined && { timeout: limit }),
      ...(data.hasProgress && { onProgress: (value: unknown) => this.#sendProgress(active, value) }),
    })
    const { module, exported } = fn
    const running = this.#callOf(active)
    const future: concurrent.Future<string> = pool.submit(runPlainCall, { name, module, exported, call: running, data })
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

  #callOf({ call: { id, attempt, data }, timeout: limit }: Active): PlainCall['call'] {
    const info = { id, attempt, queue: this.#options.queue }
    return { info, parents: data.parents ?? [], deadline: limit && Date.now() + limit }
  }

  #sendProgress({ call: { data, tell }, fn }: Active, progress: unknown): void {
    if (data.hasProgress) tell('progress', encode(progress, data.payloadLimit, `the progress of ${fn.name}()`))
  }

  /** A call returns its slot while it waits for its own calls, or these could never begin with all slots taken. */
  #lend(change: number): void {
    this.#lent += change
    if (this.#isLending) return
    this.#isLending = true
    queueMicrotask(() => {
      this.#isLending = false
      void this.#taker.lend(this.#lent)
    })
  }

  #requestEnd(active: Active, reason: Reason): void {
    if (active.reason !== undefined) return
    active.reason = reason
    active.stop()
  }

  #stopAll(): void {
    clearTimeout(this.#timer)
    for (const active of [...this.#active]) this.#requestEnd(active, 'stopping')
    this.#timer = setTimeout(() => {
      for (const active of [...this.#active]) if (active.fn.kind !== 'coroutine') this.#giveBack(active)
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
      this.warn(`${fn.name}() swallowed its cancellation: its result is dropped. Do not catch CancelledError`)
      return this.#end(active, 'cancelled', { how: 'cancelled' })
    }
    let value: string
    try {
      value = read()
    } catch (error) {
      return this.#fail(active, error)
    }
    this.#condition.worked(fn.kind)
    this.#end(active, 'done', { how: 'result', value })
  }

  #fail(active: Active, error: unknown): void {
    const { reason, fn, call } = active
    if (reason === 'stopping' || (reason === 'lost' && fn.kind === 'coroutine')) return this.#giveBack(active)
    if (reason !== undefined && fn.kind === 'coroutine') {
      this.warn(`${fn.name}() was cancelled, and threw in its clean-up: ${messageOf(error)}`)
      return this.#end(active, 'cancelled', { how: 'cancelled' })
    }
    if (active.at === ENDED) return
    const text = messageOf(error)
    if (fn.kind !== 'plain') this.checkGlobals()
    const hasNotBegun = this.#condition.failed(fn.kind, error, text)
    if (hasNotBegun && call.begun < MOST_BEGUN)
      return this.#end(active, 'given-back', { how: 'give-back', later: true })
    this.#options.onEvent({ event: 'failed', id: call.id, name: call.name, error: text })
    const record = errorToText(error, fn.module)
    active.endSpan(error)
    this.#end(active, 'failed', { how: 'error', message: text || 'it threw without a message', record })
  }

  /** Stops if a call has broken something here: no other call should meet it. */
  checkGlobals(): void {
    if (this.#isStopping) return
    this.broken = replacedGlobal()
    if (this.broken === undefined) return
    this.warn(`this worker stops, and has to be started again: ${this.broken}`)
    this.stop()
  }

  #end(active: Active, how: 'done' | 'failed' | 'cancelled' | 'given-back', outcome: RunOutcome): void {
    const { id, name } = active.call
    if (active.at === ENDED) return
    const last = this.#active.pop() as Active
    if (last !== active) this.#active[active.at] = last
    last.at = active.at
    active.at = ENDED
    clearTimeout(active.telling)
    if (how !== 'failed') active.endSpan()
    this.#counts[how]++
    if (how !== 'failed') this.#options.onEvent({ event: how, id, name })
    active.finish(outcome)
    this.#checkIdle()
  }

  #checkIdle(): void {
    if (!this.#isStopping || !this.isIdle || this.idle.done()) return
    clearTimeout(this.#timer)
    this.idle.setResult()
  }
}

function failAsConnection(error: unknown): never {
  if (error instanceof ConnectFailure) throw new ConnectionError(error.message)
  throw error
}
