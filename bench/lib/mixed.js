// Twenty functions that do similar things and are compiled separately. Real programs have many coroutine functions,
// each with its own hidden class. A benchmark with a single function would only show the engine at its best.

const VARIANTS = 20

/**
 * @param {string} kind `async function` or `function*`
 * @param {string} pause the expression that lets the others run
 * @param {Record<string, unknown>} names the names that `pause` uses
 * @returns {((id: number, state: { turn: number, sum: number, tasks: number, rounds: number }) => any)[]}
 */
export function mixedFunctions(kind, pause, names) {
  return Array.from({ length: VARIANTS }, (_, variant) => {
    const locals = Array.from({ length: variant }, (_, n) => `let local${n} = id + ${n}`).join('\n')
    const uses = Array.from({ length: variant % 4 }, (_, n) => `local${n} += round`).join('\n')
    const source = `return ${kind} worker${variant}(id, state) {
      ${locals}
      const { tasks, rounds } = state
      for (let round = 0; round < rounds; round++) {
        if (state.turn++ === round * tasks + id) state.sum++
        ${uses}
        ${pause}
      }
    }`
    return new Function(...Object.keys(names), source)(...Object.values(names))
  })
}
