// Nested calls of plain `function*`: as they are, and as @spindle/unplugin transforms this file.

/** @typedef {import('spindle').Coroutine<number>} Program */

/** @param {Pick<typeof import('spindle'), 'sleep'>} spindle */
export function plainPrograms({ sleep }) {
  /**
   * @param {number} depth
   * @param {number} rounds
   * @returns {Program}
   */
  function* descend(depth, rounds) {
    if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
    let sum = 0
    for (let round = 0; round < rounds; round++) {
      yield* sleep(0)
      sum++
    }
    return sum + 1
  }

  /**
   * @param {number} n
   * @returns {Program}
   */
  function* fib(n) {
    return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2))
  }

  return { descend, fib }
}
