import type { Awaitable, Coroutine } from '@spindle/loop'

/** Returns the result, or the error it ends with. */
export function* outcome(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  try {
    return yield* awaitable
  } catch (error) {
    return error
  }
}
