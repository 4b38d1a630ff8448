import { TimeoutError } from '@spindle/loop'
import { onAbort } from '@spindle/task'
import { realTime } from '../shared-memory/real-time.ts'
import type { Alarm } from './alarm.ts'
import { requestStop } from './claim.ts'
import type { PoolCall } from './pool-call.ts'
import type { PoolWorker } from './pool-worker.ts'
import { numberOf } from './protocol.ts'
import type { WorkerPool } from './worker-pool.ts'

// An idle worker that has not begun a call by then never will: an earlier call has left a busy loop, or it was stopped.
const BEGIN_WITHIN_MS = 10_000

/** After this time an event reports a call that has not begun. */
const LATE_MS = 5_000

/** How long a call may run after it timed out, if the pool has no `graceTime`. */
const GRACE_MS = 1000

const NEVER = Number.POSITIVE_INFINITY

export class CallLimits {
  readonly #pool: WorkerPool
  readonly #alarm: Alarm

  constructor(pool: WorkerPool, alarm: Alarm) {
    this.#pool = pool
    this.#alarm = alarm
  }

  /** Aborts the call when its signal does. */
  follow(call: PoolCall): void {
    const { signal } = call.options
    if (signal === undefined) return
    call.release = onAbort(signal, () => {
      call.future.ignoreException()
      this.abort(call, signal.reason)
    })
  }

  /** The call may begin. @param isFree whether its worker is ready and has nothing else to do */
  start(call: PoolCall, isFree: boolean): void {
    const { timeout = NEVER } = call.options
    call.lateAt = isFree ? call.startedAt + LATE_MS : undefined
    call.timeoutAt = isFree ? call.startedAt + timeout + BEGIN_WITHIN_MS : undefined
    call.isTimed = false
    this.#alarm.set(Math.min(call.lateAt ?? NEVER, call.timeoutAt ?? NEVER))
  }

  /** The call has begun: its timeout counts from now on. */
  markBegun(call: PoolCall): void {
    const { timeout = NEVER } = call.options
    call.isTimed = true
    call.startedAt = realTime()
    call.timeoutAt = call.startedAt + timeout
    this.#alarm.set(call.timeoutAt)
  }

  requestStop(call: PoolCall, graceTime: number = this.#pool.options.graceTime): void {
    const { worker, id } = call
    if (worker?.running.get(id) !== call) return
    call.repeatable = false
    requestStop(worker.shared.claims, id)
    worker.post({ kind: 'stop', id })
    const killAt = realTime() + graceTime
    if (killAt >= (call.killAt ?? NEVER)) return
    call.killAt = killAt
    this.#alarm.set(call.killAt)
  }

  /** Requests the end of the call, and kills its worker after its grace time. */
  requestEnd(call: PoolCall, limit: number | undefined = call.options.graceTime): void {
    const { graceTime } = this.#pool.options
    this.requestStop(call, limit ?? (Number.isFinite(graceTime) ? graceTime : GRACE_MS))
  }

  /** Fails the Future of a call, and requests the end of the call. */
  abort(call: PoolCall, error: unknown): void {
    if (call.future.settled) return
    this.#pool.takeBack(call) // unless it has begun
    this.requestEnd(call)
    this.#pool.fail(call, error)
  }

  /** Ends the due calls of a worker. Returns the time at which the next is due. */
  check(worker: PoolWorker, now: number): number {
    const isDue = (time = NEVER): boolean => time <= now
    let next = NEVER
    for (const call of worker.running.items()) {
      if (isDue(call.lateAt)) this.#reportLate(worker, call)
      if (isDue(call.timeoutAt)) this.#timeOut(worker, call)
      if (isDue(call.killAt)) this.#pool.kill(worker, 'it has not stopped within its grace time')
      else next = Math.min(next, call.killAt ?? NEVER, call.timeoutAt ?? NEVER, call.lateAt ?? NEVER)
    }
    return next
  }

  /** Reports a call that has not begun: its module loads, or its worker is busy with the rest of an earlier call. */
  #reportLate(worker: PoolWorker, call: PoolCall): void {
    call.lateAt = undefined
    // A call begins for this side as soon as it is on its way into a process.
    if (this.#pool.factory.kind === 'process') worker.post({ kind: 'ask' })
    else this.reportBusy(worker, call.hasBegun() ? call.id : call.id - 1)
  }

  /** @param begun the id of the last call that the worker has begun */
  reportBusy(worker: PoolWorker, begun: number): void {
    const calls = worker.running.items()
    const isWaiting = ({ id, ticket }: PoolCall): boolean => id > begun && ticket === 0
    const late = calls.find((call) => isWaiting(call) || !worker.known.has(numberOf(call.fn)))
    const last = calls.find((call) => call.id === begun && call !== late)
    worker.lastCall = last?.name ?? worker.lastCall
    worker.isBusy = late !== undefined && isWaiting(late)
    if (late === undefined || (worker.lastCall === '' && !worker.isBusy)) return
    const { name } = late
    this.#pool.emitter.emit('worker:busy', { worker: worker.number, name, after: worker.lastCall })
  }

  #timeOut(worker: PoolWorker, call: PoolCall): void {
    const { timeout = NEVER } = call.options
    const { name } = call
    call.timeoutAt = undefined
    if (call.isTimed) return this.abort(call, new TimeoutError(`${name}() has not ended within ${timeout} ms`))
    const what = `the ${this.#pool.factory.kind} does not answer, as if an earlier call had left something running in it`
    call.repeatable = false
    this.#pool.fail(call, new TimeoutError(`${name}() has not begun within ${timeout + BEGIN_WITHIN_MS} ms: ${what}`))
    this.#pool.kill(worker, 'it did not answer')
  }
}
