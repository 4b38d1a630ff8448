import type { Awaitable, Coroutine } from '@spindle/loop'

/** The result of an awaitable, or its error. */
export function* outcome(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  try {
    return yield* awaitable
  } catch (error) {
    return error
  }
}

/** The text that reading gives. */
export function* text(reading: Awaitable<Uint8Array>): Coroutine<string> {
  return Buffer.from(yield* reading).toString()
}
