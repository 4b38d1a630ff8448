import { type Coroutine, getRunningLoop } from '@spindle/loop'
import type { Future } from './future.ts'

// Two ways to wait without blocking until `future` is done. `onTimeout` must settle it after `rest` ms.

/** In a coroutine: uses a timer of the loop, because host timers do not fire in a blocking run. */
export function* yieldWithTimeout(future: Future<void>, rest: number, onTimeout: () => void): Coroutine<void> {
  const timer = rest < Number.POSITIVE_INFINITY ? getRunningLoop().callLater(rest, onTimeout) : undefined
  try {
    yield* future
  } finally {
    timer?.cancel()
  }
}

/** In plain `async` code. */
export async function ayieldWithTimeout(future: Future<void>, rest: number, onTimeout: () => void): Promise<void> {
  const timer = rest < Number.POSITIVE_INFINITY ? setTimeout(onTimeout, rest) : undefined
  try {
    await future
  } finally {
    clearTimeout(timer)
  }
}
