// Measures the CPU time, in ms, of a process that runs a trivial main, minus that of one that runs an empty file. They
// are started alternately. The lowest value counts, because other load can only add to it.

import { fileURLToPath } from 'node:url'
import { commandsOf } from '../command-of.js'
import { timesOf } from '../process-times.js'
import { spindleEntry } from '../spindle-entries.js'

const NOTHING = fileURLToPath(new URL('../../start-up/nothing.js', import.meta.url))

/** @type {import('../../bench.js').Measure} */
export async function measureStartUp(workload, runtimes, quick) {
  const nothing = [...(runtimes[0]?.startUp?.slice(0, -1) ?? []), NOTHING] // on the same engine
  const commands = { nothing, ...(await commandsOf(runtimes, workload)) }
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
  for (let n = 0; n < (quick ? 15 : 40); n++) {
    for (const [name, command] of Object.entries(commands)) times[name]?.push(timesOf([...command, spindleEntry]).cpu)
  }
  const bare = Math.min(...(times['nothing'] ?? []))
  const above = (/** @type {string} */ name) => Math.max(0, Math.min(...(times[name] ?? [])) - bare) // less is chance
  return Object.fromEntries(runtimes.map(({ name }) => [name, { value: above(name) }]))
}
