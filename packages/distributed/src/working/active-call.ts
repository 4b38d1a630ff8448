// A call that runs on a worker. It ends with one outcome:
//
//   coroutine        a Task of this loop             cancelled as Tasks are
//   async function   a Task that waits for it        asked to stop
//   plain function   on a thread of the pool         taken back, or asked to stop

import { type Task, TimeoutError } from 'spindle'
import { CurrentCall } from 'spindle/internal/thread'
import { BrokenExecutor, type concurrent } from 'spindle/thread'
import { decodeArgs, encode } from '../calls/codec.ts'
import type { RunningCall } from '../calls/current-call.ts'
import { errorToText, messageOf } from '../calls/error-text.ts'
import type { Call, RunOutcome } from '../calls/protocol.ts'
import { traceRun } from '../calls/telemetry.ts'
import type { WorkerFunction } from './functions.ts'
import { type PlainCall, runPlainCall } from './plain-call.ts'
import { outOfTimeError, runTask } from './run-task.ts'
import type { WorkerHost } from './worker-host.ts'

const NEVER = Number.POSITIVE_INFINITY
const MOST_BEGUN = 5 // times, before a call fails for a reason of its workers

/** Why a call must end: it was cancelled, another worker has it, or this worker stops. */
export type Reason = 'cancelled' | 'lost' | 'stopping'

/** How a call ended here, for the log. */
export type Ending = 'done' | 'failed' | 'cancelled' | 'given-back'

export class ActiveCall {
  /** Its place among the calls of the worker. */
  at: number
  readonly call: Call
  readonly fn: WorkerFunction
  readonly #host: WorkerHost
  readonly #finish: (outcome: RunOutcome) => void
  readonly #timeout: number | undefined // how many ms it may run
  #reason: Reason | undefined
  #hasEnded = false
  /** Cancels a Task; requests a function to stop. Returns false if it has ended. */
  #stop: () => boolean = () => true
  /** Whether it can be ended: a function that runs can't. */
  #mayEnd: () => boolean = () => this.fn.kind === 'coroutine'
  #endSpan: (error?: unknown) => void = () => {}

  constructor(host: WorkerHost, call: Call, fn: WorkerFunction, at: number, finish: (outcome: RunOutcome) => void) {
    this.#host = host
    this.#finish = finish
    this.call = call
    this.fn = fn
    this.at = at
    const { timeout = NEVER, deadline = NEVER } = call.data
    const limit = Math.min(timeout, deadline - host.clock.now())
    this.#timeout = Number.isFinite(limit) ? Math.max(1, limit) : undefined
  }

  start(): void {
    const { telemetry, queue } = this.#host.options
    if (telemetry === undefined) this.#start()
    else this.#endSpan = traceRun(telemetry, { queue, ...this.call }, () => this.#start())
  }

  requestEnd(reason: Reason): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    if (!this.#stop()) this.#reason = undefined // its result counts
  }

  /** Other workers may have it soon. */
  cutOff(): void {
    if (this.#mayEnd()) this.requestEnd('lost')
  }

  giveBack(): void {
    this.#end('given-back', { how: 'give-back', later: false })
  }

  #start(): void {
    const { data, name } = this.call
    try {
      if (data.expiresAt !== undefined && this.#host.clock.now() > data.expiresAt)
        throw new TimeoutError(`${name}() has not begun before it expired`)
      if (this.fn.kind === 'plain') this.#startPlain()
      else this.#startTask(decodeArgs(data.args, name))
    } catch (error) {
      this.#fail(error)
    }
  }

  #startTask(args: readonly unknown[]): void {
    const host = this.#host
    const { call, fn } = this
    const current = new CurrentCall({
      isStopRequested: () => this.#reason !== undefined || task.done(),
      keepAliveForMessages: () => {},
      sendProgress: (value) => this.#sendProgress(value),
    })
    let open = 0 // calls that it has made, and waits for
    const nested = (change: 1 | -1): void => {
      open += change
      if (open === (change === 1 ? 1 : 0)) host.lend(change)
    }
    current.detail = { ...this.#described, nested } satisfies RunningCall
    const task: Task<unknown> = host.calls.run(current, () =>
      host.loop.createTask(runTask(fn, args, call, this.#timeout, host.shared), { name: call.name }),
    ) as Task<unknown>
    this.#stop = () => {
      if (fn.kind === 'coroutine') return task.cancel()
      current.stop()
      return true
    }
    const ended = (): void => this.#taskEnded(task, current)
    void task.then(ended, ended)
  }

  #taskEnded(task: Task<unknown>, current: CurrentCall): void {
    if (task.cancelled()) return this.#wasCancelled()
    const error = task.exception()
    const { name, data } = this.call
    if (error === undefined)
      return this.#succeed(() => encode(task.result(), data.payloadLimit, `the result of ${name}()`))
    current.stop() // an `async` function may continue after its time
    this.#fail(error)
  }

  #startPlain(): void {
    const { data, name } = this.call
    const limit = this.#timeout
    const pool = this.#host.pool.with({
      ...(limit !== undefined && { timeout: limit }),
      ...(data.hasProgress && { onProgress: (value: unknown) => this.#sendProgress(value) }),
    })
    const { module, exported } = this.fn
    const described = { name, module, exported, call: this.#described, data }
    const future: concurrent.Future<string> = pool.submit(runPlainCall, described)
    this.#mayEnd = () => !future.running()
    this.#stop = () => {
      future.cancel()
      return true
    }
    future.addDoneCallback(() => {
      if (future.cancelled()) return this.#wasCancelled()
      const error = future.exception()
      if (error instanceof TimeoutError && limit !== undefined && error.message.startsWith('runPlainCall()'))
        return this.#fail(outOfTimeError(name, limit))
      if (error instanceof BrokenExecutor) error.message = error.message.replace('runPlainCall()', `${name}()`)
      if (error !== undefined) return this.#fail(error)
      this.#succeed(() => future.result())
    })
  }

  /** The call as its function sees it. */
  get #described(): PlainCall['call'] {
    const { id, attempt, data } = this.call
    const info = { id, attempt, queue: this.#host.options.queue }
    return { info, parents: data.parents ?? [], deadline: this.#timeout && Date.now() + this.#timeout }
  }

  #sendProgress(progress: unknown): void {
    const { data, name, sendProgress } = this.call
    if (data.hasProgress) sendProgress(encode(progress, data.payloadLimit, `the progress of ${name}()`))
  }

  #wasCancelled(): void {
    if (this.#reason !== 'cancelled') return this.giveBack() // refused if another worker has the call
    this.#end('cancelled', { how: 'cancelled' })
  }

  #succeed(read: () => string): void {
    const { fn } = this
    if (this.#reason === 'cancelled' && fn.kind === 'coroutine') {
      this.#host.warn(`${fn.name}() swallowed its cancellation: its result is dropped. Do not catch CancelledError`)
      return this.#end('cancelled', { how: 'cancelled' })
    }
    let value: string
    try {
      value = read()
    } catch (error) {
      return this.#fail(error)
    }
    this.#host.condition.worked(fn.kind)
    this.#end('done', { how: 'result', value })
  }

  #fail(error: unknown): void {
    const { fn, call } = this
    const host = this.#host
    const text = messageOf(error)
    if (this.#reason === 'stopping' || (this.#reason === 'lost' && fn.kind === 'coroutine')) return this.giveBack()
    if (this.#reason !== undefined && fn.kind === 'coroutine') {
      host.warn(`${fn.name}() was cancelled, and threw in its clean-up: ${text}`)
      return this.#end('cancelled', { how: 'cancelled' })
    }
    if (this.#hasEnded) return
    if (fn.kind !== 'plain') host.checkGlobals()
    const hasNotBegun = host.condition.failed(fn.kind, error, text)
    if (hasNotBegun && call.begun < MOST_BEGUN) return this.#end('given-back', { how: 'give-back', later: true })
    const record = errorToText(error, fn.module)
    const outcome = { how: 'error', message: text || 'it threw without a message', record } as const
    this.#endSpan(error)
    this.#end('failed', outcome, text)
  }

  #end(how: Ending, outcome: RunOutcome, error?: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (how !== 'failed') this.#endSpan()
    this.#host.ended(this, how, error)
    this.#finish(outcome)
  }
}
