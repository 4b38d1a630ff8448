// Measures how many ns an operation takes. The processes warm up and then alternate, one round each. A disturbance of
// the machine therefore affects all of them, and ratios are taken between neighbouring rounds.

import { median } from '../../lib/median.js'
import { measurer } from '../measurer.js'
import { REFERENCE } from '../runtimes.js'

/** @typedef {{ cpu: number, ratio: number }} Round ns for one operation, and × the preceding round of the reference */

/** @type {import('../../bench.js').Measure} */
export async function measureTime(workload, runtimes, quick) {
  const plan = quick
    ? { processes: 2, warmUp: 500, rounds: 5, duration: 200, patience: 3000 }
    : { processes: 3, warmUp: 800, rounds: 7, duration: 200, patience: 10_000 }
  if (workload.warmUp !== undefined) {
    plan.rounds = quick ? 2 : 3
    plan.duration = 0 // one run is long enough
  }
  /** @type {Record<string, Round[]>} */
  const rounds = Object.fromEntries(runtimes.map(({ name }) => [name, []]))
  for (let n = 0; n < plan.processes; n++) {
    const measurers = runtimes.map((runtime) => ({ ...measurer(runtime, workload), spent: 0 }))
    try {
      for (const { ask } of measurers) await ask(`warm-up ${plan.warmUp}`)
      for (let round = 0; round < plan.rounds; round++) {
        let reference = Number.NaN // the first to take its turn
        for (const contestant of measurers) {
          // So slow that two rounds are enough. The others are compared with the reference, which takes part in each.
          if (contestant.spent > plan.patience && contestant.runtime.name !== REFERENCE) continue
          const before = performance.now()
          const cpu = await contestant.ask(`round ${plan.duration}`)
          contestant.spent += performance.now() - before
          if (contestant.runtime.name === REFERENCE) reference = cpu
          rounds[contestant.runtime.name]?.push({ cpu, ratio: cpu / reference })
        }
      }
    } finally {
      for (const { end } of measurers) end()
    }
  }
  return Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, figures(all)]))
}

/** The medians. @param {Round[]} rounds */
function figures(rounds) {
  return { value: median(rounds.map(({ cpu }) => cpu)), ratio: median(rounds.map(({ ratio }) => ratio)) }
}
