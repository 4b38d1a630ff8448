// The functions that the workers of the benchmark run.

import { sleep } from 'spindle'

/**
 * @param {number} n
 * @returns {import('spindle').Coroutine<number>}
 */
export function* square(n) {
  return n * n
}

/** @returns {import('spindle').Coroutine<void>} */
export function* spin() {
  try {
    yield* sleep(3_600_000)
  } finally {
    yield* sleep(0)
  }
}
