// Nested calls of plain `function*`: as they are, and as @spindle/unplugin transforms this file.

/** @param {Pick<typeof import('spindle'), 'sleep'>} spindle */
export function plainDescend({ sleep }) {
  /**
   * @param {number} depth
   * @param {number} rounds
   * @returns {import('spindle').Coroutine<number>}
   */
  return function* descend(depth, rounds) {
    if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
    let sum = 0
    for (let round = 0; round < rounds; round++) {
      yield* sleep(0)
      sum++
    }
    return sum + 1
  }
}
