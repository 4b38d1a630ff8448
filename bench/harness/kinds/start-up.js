// Measures the CPU time, in ms, of a process that runs a trivial main, minus that of one that runs an empty file. They
// are started alternately. The lowest value counts, because other load can only add to it.

import { fileURLToPath } from 'node:url'
import { cpuTimeOf } from '../cpu-time-of.js'
import { spindleEntry } from '../spindle-entries.js'

const NOTHING = fileURLToPath(new URL('../../start-up/nothing.js', import.meta.url))

/** @type {import('../../bench.js').Measure} */
export async function measureStartUp(_workload, runtimes, quick) {
  const started = [{ name: 'nothing', startUp: [process.execPath, NOTHING] }, ...runtimes]
  /** @type {Record<string, number>} */
  const least = {}
  for (let n = 0; n < (quick ? 15 : 40); n++) {
    for (const { name, startUp = [] } of started) {
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, cpuTimeOf([...startUp, spindleEntry]))
    }
  }
  const above = (/** @type {string} */ name) => Math.max(0, (least[name] ?? Number.NaN) - (least['nothing'] ?? 0)) // less is chance
  return Object.fromEntries(runtimes.map(({ name }) => [name, { value: above(name) }]))
}
