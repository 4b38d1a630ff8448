// ns an operation takes. The processes warm up, then take turns: one round each, and again. So what disturbs the machine
// disturbs them alike, and a ratio is taken between rounds that lie next to each other.

import { measurer } from '../measurer.js'
import { median } from '../median.js'
import { REFERENCE } from '../runtimes.js'

/** @typedef {{ wall: number, cpu: number }} Round ns for one operation */

/** @type {import('../bench.js').Measure} */
export async function measureTime(workload, runtimes, quick) {
  const plan = quick
    ? { processes: 1, warmUp: 250, rounds: 5, duration: 80 }
    : { processes: 3, warmUp: 500, rounds: 7, duration: 200 }
  if (workload.warmUp !== undefined) {
    plan.rounds = quick ? 2 : 3
    plan.duration = 0 // once is long enough
  }
  /** @type {Record<string, Round[]>} */
  const rounds = Object.fromEntries(runtimes.map(({ name }) => [name, []]))
  for (let n = 0; n < plan.processes; n++) {
    const measurers = runtimes.map((runtime) => measurer(runtime, workload))
    try {
      for (const { ask } of measurers) await ask(`warm-up ${plan.warmUp}`)
      for (let round = 0; round < plan.rounds; round++) {
        for (const { runtime, ask } of measurers) rounds[runtime.name]?.push(await ask(`round ${plan.duration}`))
      }
    } finally {
      for (const { end } of measurers) end()
    }
  }
  const reference = rounds[REFERENCE] ?? []
  return Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, figures(all, reference)]))
}

/**
 * @param {Round[]} rounds
 * @param {Round[]} reference
 */
function figures(rounds, reference) {
  const ratio = {
    wall: median(rounds.map(({ wall }, i) => wall / (reference[i]?.wall ?? Number.NaN))),
    cpu: median(rounds.map(({ cpu }, i) => cpu / (reference[i]?.cpu ?? Number.NaN))),
  }
  return { value: median(rounds.map(({ cpu }) => cpu)), wall: median(rounds.map(({ wall }) => wall)), ratio, rounds }
}
