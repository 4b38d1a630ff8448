// Prints what will run, the progress, and the time left. The first estimate assumes a quiet machine; the parts that
// have run correct it.

/** Seconds per runtime on a quiet machine. @type {Record<string, [quick: number, thorough: number]>} */
const SECONDS = { time: [6, 11], memory: [6, 6], 'start-up': [1.5, 4], whole: [2, 5] }
const SECONDS_OF_SLOW = { 'timers-100k': 3, 'timers-1M': 5, 'timers-cancel': 2 } // factors

/** @typedef {{ workload: import('./workloads.js').Workload, contestants: number }} Step */

/**
 * @param {Step[]} steps
 * @param {boolean} quick
 */
export function progress(steps, quick) {
  const guesses = steps.map((step) => guess(step, quick))
  const begin = performance.now()
  let done = 0
  process.stderr.write(`${steps.length} workloads, ${duration(sum(guesses))} on a quiet machine.\n`)
  return {
    /** @param {string} name */
    begin(name) {
      process.stderr.write(`[${`${done + 1}`.padStart(`${steps.length}`.length)}/${steps.length}] ${name} … `)
    },
    /** @param {string} line */
    end(line) {
      done++
      const pace = (performance.now() - begin) / 1000 / sum(guesses.slice(0, done))
      const left = done === steps.length ? '' : `   (${duration(sum(guesses.slice(done)) * pace)} to go)`
      process.stderr.write(`${line}${left}\n`)
    },
  }
}

/**
 * @param {Step} step
 * @param {boolean} quick
 */
function guess({ workload: { kind, name }, contestants }, quick) {
  const [short = 1, long = 1] = SECONDS[kind] ?? []
  return (
    (quick ? short : long) * contestants * (Object.entries(SECONDS_OF_SLOW).find(([slow]) => slow === name)?.[1] ?? 1)
  )
}

/** @param {number} seconds */
export function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}
