import type { Coroutine } from '@spindle/loop'
import { isAwaitable, isThenable } from '@spindle/loop/internal'
import { ensureFuture } from './ensure-future.ts'

/** Waits for what a function of a user returned, if that is a promise or an awaitable, and returns its result. */
export function* awaitReturned(returned: unknown): Coroutine<unknown> {
  if (isAwaitable(returned)) return yield* returned
  return isThenable(returned) ? yield* ensureFuture(returned) : returned
}
