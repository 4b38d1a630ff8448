import { type Coroutine, type EventLoop, ensureFuture, type Future, getRunningLoop, uncancellable } from 'spindle'
import { replacedGlobal, runSeveral } from 'spindle/internal/thread'
import { ThreadPoolExecutor } from 'spindle/thread'
import { messageOf } from '../calls/error-text.ts'
import { ConnectionError } from '../calls/errors.ts'
import type { Call, JobData, RunOutcome } from '../calls/protocol.ts'
import type { Clock } from '../redis/clock.ts'
import { ConnectFailure } from '../redis/connect.ts'
import { ActiveCall, type Ending } from './active-call.ts'
import { Condition } from './condition.ts'
import type { Functions, Misfit, WorkerFunction } from './functions.ts'
import { JobTaker } from './job-taker.ts'
import type { WorkerHealth } from './worker-health.ts'
import type { CheckedWorkerOptions } from './worker-options.ts'

/** How long functions have to stop before their calls are returned to the queue without them. */
const STOP_MS = 1000

export class WorkerHost {
  /** Done when the worker was stopped and all calls have ended. */
  readonly idle: Future<void>
  readonly options: CheckedWorkerOptions
  readonly #functions: Functions
  readonly loop: EventLoop = getRunningLoop()
  readonly #taker: JobTaker
  readonly condition: Condition = new Condition(
    (slots) => void this.#taker.limit(slots),
    (message) => this.warn(message),
  )
  // A Set would leave its old tables to the collector, which keep calls that have ended alive for a while.
  readonly #active: ActiveCall[] = []
  readonly pool: ThreadPoolExecutor
  readonly calls: ReturnType<typeof runSeveral> = runSeveral()
  readonly #counts = { done: 0, failed: 0, cancelled: 0, 'given-back': 0 }
  /** Why this process can't run calls any more. */
  broken: string | undefined
  #lent = 0 // slots of calls that wait for calls
  #isLending = false
  #isStopping = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: CheckedWorkerOptions, functions: Functions) {
    this.options = options
    this.#functions = functions
    this.idle = this.loop.createFuture()
    this.pool = new ThreadPoolExecutor(options.threads, { threadNamePrefix: 'spindle-worker' })
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

  health(): WorkerHealth & Readonly<Record<string, unknown>> {
    const { done, failed, cancelled } = this.#counts
    const { illness } = this.condition
    const isWell = illness === undefined
    const status = this.#isStopping ? 'stopping' : !this.#taker.isWell ? 'unreachable' : isWell ? 'ready' : 'failing'
    return { status, illness, running: this.#active.length, done, failed, cancelled }
  }

  get clock(): Clock {
    return this.#taker.clock
  }

  /** Begins with the number of the run whose coroutine is on the stack. */
  get shared(): Int32Array {
    return this.#taker.keeper?.shared as Int32Array // a worker that takes calls has one
  }

  get registered(): readonly string[] {
    return this.#functions.registered
  }

  misfitOf(name: string, data: Partial<JobData>): Misfit | undefined {
    return this.#functions.misfitOf(name, data, this.options)
  }

  /** Takes no new calls. After `graceTime`, or when called again, it cancels running calls and requeues them. */
  stop(): void {
    if (this.#isStopping) return this.#stopAll()
    this.#isStopping = true
    this.#taker.pause()
    this.options.onEvent({ event: 'stopping' })
    this.#timer = setTimeout(() => this.#stopAll(), this.options.graceTime)
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
    this.pool.terminate()
    yield* uncancellable(() => ensureFuture(this.#taker.close().catch(failAsConnection)))
  }

  warn(message: string): void {
    this.options.onEvent({ event: 'warning', message })
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
      active.requestEnd(reason)
      if (reason === 'lost') break // this worker may have received it again since: the older run is the lost one
    }
    return runsHere
  }

  /** Other workers may have its calls soon. */
  cutOff(): void {
    for (const active of [...this.#active]) active.cutOff()
  }

  /** The process is about to end. Waits until it is written down why: whoever waits for the calls learns it. */
  readonly #dying = (error: unknown): void => {
    if (this.isIdle) return
    const stack = error instanceof Error ? error.stack : undefined
    this.#taker.keeper?.writeDown(
      `${this.options.name} ended by an exception that nobody has caught: ${stack ?? messageOf(error)}`,
    )
  }

  run(call: Call): RunOutcome | Promise<RunOutcome> {
    if (this.#isStopping) return { how: 'give-back', later: false }
    const { name, id } = call
    const fn = this.#functions.get(name) as WorkerFunction // it is no misfit
    this.options.onEvent({ event: 'begun', id, name })
    return new Promise((finish) => {
      const active = new ActiveCall(this, call, fn, this.#active.length, finish)
      this.#active.push(active)
      active.start()
    })
  }

  /** A call returns its slot while it waits for its own calls, or these could never begin with all slots taken. */
  lend(change: number): void {
    this.#lent += change
    if (this.#isLending) return
    this.#isLending = true
    queueMicrotask(() => {
      this.#isLending = false
      void this.#taker.lend(this.#lent)
    })
  }

  #stopAll(): void {
    clearTimeout(this.#timer)
    for (const active of [...this.#active]) active.requestEnd('stopping')
    this.#timer = setTimeout(() => {
      for (const active of [...this.#active]) if (active.fn.kind !== 'coroutine') active.giveBack()
    }, STOP_MS)
  }

  /** Stops if a call has broken something here: no other call should meet it. */
  checkGlobals(): void {
    if (this.#isStopping) return
    this.broken = replacedGlobal()
    if (this.broken === undefined) return
    this.warn(`this worker stops, and has to be started again: ${this.broken}`)
    this.stop()
  }

  ended(active: ActiveCall, how: Ending, error = ''): void {
    const { id, name } = active.call
    const last = this.#active.pop() as ActiveCall
    if (last !== active) this.#active[active.at] = last
    last.at = active.at
    this.#counts[how]++
    this.options.onEvent(how === 'failed' ? { event: how, id, name, error } : { event: how, id, name })
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
