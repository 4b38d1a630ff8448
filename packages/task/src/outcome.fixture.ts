import { type Awaitable, CancelledError, type Coroutine } from '@spindle/loop'

/** Returns the result, or the error it ends with. */
export function* outcome(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  try {
    return yield* awaitable
  } catch (error) {
    return error
  }
}

/** Returns the error that an awaitable ends with. */
export function* thrown(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  try {
    yield* awaitable
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Returns how an awaitable ends, as text. */
export function* ending(awaitable: Awaitable<unknown>): Coroutine<string> {
  try {
    return `returned ${yield* awaitable}`
  } catch (error) {
    return error instanceof CancelledError ? `cancelled ${error.message}` : `threw ${error}`
  }
}
