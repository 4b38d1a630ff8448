// ms of CPU that a program takes as a process of its own, from start to end: loading and compiling count. The programs
// take turns, and a ratio is taken between neighbours.

import { timesOf } from '../process-times.js'
import { REFERENCE } from '../runtimes.js'
import { spindleEntry } from '../spindle-entries.js'
import { compared, figures } from './time.js'

/** @type {import('../../bench.js').Measure} */
export async function measureWhole(_, runtimes, quick) {
  /** @type {Record<string, import('./time.js').Compared[]>} */
  const rounds = Object.fromEntries(runtimes.map(({ name }) => [name, []]))
  for (let n = 0; n < (quick ? 11 : 31); n++) {
    /** @type {import('./time.js').Round | undefined} */
    let reference
    for (const { name, whole = [] } of runtimes) {
      const taken = timesOf([...whole, spindleEntry])
      if (name === REFERENCE) reference = taken
      if (reference !== undefined && n > 0) rounds[name]?.push(compared(taken, reference)) // the first reads the disk
    }
  }
  return Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, figures(all)]))
}
