import { type Coroutine, TimeoutError, timeout } from 'spindle'
import { enterTask, type RunningCall } from '../current-call.ts'
import type { FromWorkingClient } from '../protocol.ts'
import type { WorkerFunction } from './functions.ts'

interface TaskRun {
  readonly call: RunningCall
  readonly message: FromWorkingClient & { kind: 'call' }
  /** How many ms it may run. */
  readonly limit: number | undefined
  /** Holds the number of the run whose coroutine is on the stack. */
  readonly current: Int32Array
}

/** Runs a coroutine function for a call; for one of `map` with its args in turn. */
export function* runTask(
  { fn }: WorkerFunction,
  args: readonly unknown[],
  { call, message, limit, current }: TaskRun,
): Coroutine<unknown> {
  enterTask(call)
  const one = (some: readonly unknown[]): Coroutine<unknown> =>
    watched(fn(...some) as Coroutine<unknown>, message.run, current)
  function* all(): Coroutine<unknown> {
    if (!message.data.isMany) return yield* one(args)
    const values: unknown[] = []
    for (const some of args) values.push(yield* one(some as unknown[]))
    return values
  }
  if (limit === undefined) return yield* all()
  let isExpired = (): boolean => false
  try {
    return yield* timeout(limit, (scope) => {
      isExpired = () => scope.expired()
      return all()
    })
  } catch (error) {
    if (isExpired() && error instanceof TimeoutError) throw outOfTimeError(message.name, limit)
    throw error
  }
}

/** Wraps a coroutine so that the client thread can see which call it belongs to while it computes. */
function* watched(inner: Coroutine<unknown>, run: number, current: Int32Array): Coroutine<unknown> {
  if (typeof (inner as { next?: unknown } | undefined)?.next !== 'function') return inner
  let step: () => IteratorResult<unknown, unknown> = () => inner.next()
  for (;;) {
    Atomics.store(current, 0, run)
    let result: IteratorResult<unknown, unknown>
    try {
      result = step()
    } finally {
      Atomics.store(current, 0, 0)
    }
    if (result.done) return result.value
    try {
      const value: unknown = yield result.value as never // a coroutine yields Suspensions
      step = () => inner.next(value as never)
    } catch (error) {
      step = () => inner.throw(error)
    }
  }
}

export function outOfTimeError(name: string, ms: number): TimeoutError {
  return new TimeoutError(`${name}() has not ended within ${ms} ms`)
}
