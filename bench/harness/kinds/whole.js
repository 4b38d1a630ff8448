// Measures the CPU time, in ms, of a whole process from start to end, including loading and compiling. The programs
// alternate, and ratios are taken between neighbouring runs.

import { commandsOf } from '../command-of.js'
import { timesOf } from '../process-times.js'
import { REFERENCE } from '../runtimes.js'
import { spindleEntry } from '../spindle-entries.js'
import { compared, figures } from './time.js'

/** @type {import('../../bench.js').Measure} */
export async function measureWhole(workload, runtimes, quick) {
  /** @type {Record<string, import('./time.js').Compared[]>} */
  const rounds = Object.fromEntries(runtimes.map(({ name }) => [name, []]))
  const commands = await commandsOf(runtimes, workload)
  for (let n = 0; n < (quick ? 11 : 31); n++) {
    /** @type {import('./time.js').Round | undefined} */
    let reference
    for (const [name, command] of Object.entries(commands)) {
      const taken = timesOf([...command, spindleEntry])
      if (name === REFERENCE) reference = taken
      if (reference !== undefined && n > 0) rounds[name]?.push(compared(taken, reference)) // the first run reads the disk
    }
  }
  return Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, figures(all)]))
}
