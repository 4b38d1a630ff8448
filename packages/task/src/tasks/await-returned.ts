import type { Coroutine } from '@spindle/loop'
import { isAwaitable, isThenable } from '@spindle/loop/internal'
import { ensureFuture } from './ensure-future.ts'

/** Awaits the return value of a user's function if it is a promise or an awaitable, and returns the result. */
export function* awaitReturned(returned: unknown): Coroutine<unknown> {
  if (isAwaitable(returned)) return yield* returned
  return isThenable(returned) ? yield* ensureFuture(returned) : returned
}
