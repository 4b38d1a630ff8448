import { type Coroutine, call, TimeoutError, timeout } from 'spindle'
import type { AnyFunction } from 'spindle/thread'
import type { Call } from '../calls/protocol.ts'
import type { WorkerFunction } from './functions.ts'

/**
 * Runs a coroutine function or an `async` one for a call; for one of `map` with its args in turn.
 *
 * @param limit how many ms it may run
 * @param shared begins with the number of the run whose coroutine is on the stack
 */
export function runTask(
  { fn, kind }: WorkerFunction,
  args: readonly unknown[],
  { name, run, data }: Call,
  limit: number | undefined,
  shared: Int32Array,
): Coroutine<unknown> {
  const one = (some: readonly unknown[]): Coroutine<unknown> =>
    watched(() => (kind === 'async' ? waitFor(fn, some) : (fn(...some) as Coroutine<unknown>)), run, shared)
  function* all(): Coroutine<unknown[]> {
    const values: unknown[] = []
    for (const some of args) values.push(yield* one(some as unknown[]))
    return values
  }
  const whole = data.isMany ? all() : one(args)
  return limit === undefined ? whole : limited(limit, whole, name)
}

function* limited(limit: number, whole: Coroutine<unknown>, name: string): Coroutine<unknown> {
  let isExpired = (): boolean => false
  try {
    return yield* timeout(limit, (scope) => {
      isExpired = () => scope.expired()
      return whole
    })
  } catch (error) {
    if (isExpired() && error instanceof TimeoutError) throw outOfTimeError(name, limit)
    throw error
  }
}

/** Only its wait can be cancelled. */
function* waitFor(fn: AnyFunction, args: readonly unknown[]): Coroutine<unknown> {
  return yield* call(() => fn(...args) as Promise<unknown>, { abandonOnCancel: true })
}

/** Wraps a coroutine so that the thread that keeps the locks sees which call it belongs to while it computes. */
function* watched(start: () => Coroutine<unknown>, run: number, shared: Int32Array): Coroutine<unknown> {
  let inner!: Coroutine<unknown>
  let step = (): IteratorResult<unknown, unknown> => {
    inner = start()
    return typeof inner?.next === 'function' ? inner.next() : { done: true, value: inner }
  }
  for (;;) {
    Atomics.store(shared, 0, run)
    let result: IteratorResult<unknown, unknown>
    try {
      result = step()
    } finally {
      Atomics.store(shared, 0, 0)
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
