import { type Coroutine, ensureFuture, isCoroutine } from 'spindle'

/** Calls a function, and awaits its result. */
export function* callingBack(fn: () => unknown): Coroutine<unknown> {
  const called = fn()
  if (isCoroutine(called)) return yield* called
  return called instanceof Promise ? yield* ensureFuture(called) : called
}
