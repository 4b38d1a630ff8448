import { TimeoutError } from 'spindle'
import type { SentCall } from 'spindle/internal/thread'
import { BrokenExecutor, concurrent } from 'spindle/thread'
import type { DistributedCallOptions } from '../calls/call-options.ts'
import { type RunningCall, running } from '../calls/current-call.ts'
import { errorFromText } from '../calls/error-text.ts'
import { ConnectionError, ResultLostError, WorkerLostError } from '../calls/errors.ts'
import type { NamedFunction } from '../calls/function-name.ts'
import type { JobOptions, Outcome } from '../calls/protocol.ts'
import type { Submitter } from './submitter.ts'

/** A call between `submit` and its result. */
export class RemoteCall implements SentCall {
  readonly number: number
  readonly named: NamedFunction
  readonly options: DistributedCallOptions
  readonly future: concurrent.Future = new concurrent.Future()
  /** It never begins, or its coroutine has cleaned up. */
  isCancelled = false
  /** The call of a worker that has made this one. */
  readonly parent: RunningCall | undefined = running()
  /** Removes the listener from its signal. */
  release: (() => void) | undefined
  readonly #owner: Submitter

  constructor(number: number, named: NamedFunction, options: DistributedCallOptions, owner: Submitter) {
    this.#owner = owner
    this.number = number
    this.named = named
    this.options = options
    this.future.sent = this
  }

  /** Only its worker knows. */
  hasBegun(): boolean {
    return false
  }

  get mayBegin(): boolean {
    return !this.isCancelled
  }

  takeBack(): boolean {
    return this.isCancelled
  }

  /** Cancels it if it has not begun, or is a coroutine. Otherwise its result counts. */
  requestStop(): void {
    this.#owner.cancel(this)
  }

  /** A Task that was cancelled waits for the end of the call. @param graceTime 0: the loop waits no longer */
  requestEnd(graceTime: number | undefined): boolean {
    if (graceTime === 0) this.#owner.abandon(this)
    return true
  }
}

/** The options as the client thread needs them. */
export function jobOptions(
  { options, parent }: RemoteCall,
  isMany: boolean,
  trace: string | undefined,
): JobOptions | undefined {
  if (!isMany && parent === undefined && trace === undefined && Object.keys(options).length === 0) return undefined
  const { signal: _, onProgress, expires, ...given } = options
  const deadline = parent?.deadline
  const last = Date.now() + (given.delay ?? 0) + (expires ?? Number.POSITIVE_INFINITY)
  const expiresAt = Math.min(last, deadline ?? Number.POSITIVE_INFINITY)
  return {
    ...given,
    isMany: isMany || undefined,
    hasProgress: onProgress !== undefined || undefined,
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : undefined,
    deadline,
    parents: parent && [...parent.parents, parent.info.id],
    trace,
  }
}

/** The exception of the Future of a call. */
export function errorOf(
  outcome: Exclude<Outcome, { how: 'result' | 'cancelled' }>,
  { named, options }: RemoteCall,
): unknown {
  const name = `${named.name}()`
  if (outcome.how === 'error') {
    if (outcome.record === undefined)
      return new BrokenExecutor(`${name} ended without a result that this program can use: ${outcome.message}`)
    try {
      return errorFromText(outcome.record, named.module)
    } catch (cause) {
      return new BrokenExecutor(`${name} failed: ${outcome.message}`, { cause })
    }
  }
  if (outcome.how === 'expired')
    return new TimeoutError(
      options.expires === undefined
        ? `${name} has not begun before the call that made it had to end`
        : `${name} has not begun within ${options.expires} ms`,
    )
  if (outcome.how === 'refused') return new BrokenExecutor(`${name} was not taken by Redis: ${outcome.message}`)
  if (outcome.how === 'unreachable')
    return new ConnectionError(`${outcome.message}. Whether ${name} runs, or has run, is unknown`)
  if (outcome.how === 'lost') return new ResultLostError(`the result of ${name} is lost: ${outcome.message}`)
  return new WorkerLostError(`the workers that ran ${name} were lost, each time it was tried: ${outcome.message}`)
}
