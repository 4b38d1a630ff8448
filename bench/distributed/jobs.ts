// The functions that the workers of the benchmark run.

import { type Coroutine, sleep } from 'spindle'

export function* square(n: number): Coroutine<number> {
  return n * n
}

export function* spin(): Coroutine<void> {
  try {
    yield* sleep(3_600_000)
  } finally {
    yield* sleep(0)
  }
}
