// Measures how many bytes a sleeping Task takes: the memory in use after a full collection, minus the memory in use
// before the Tasks were made. One process per runtime and one run are enough: this is a count, not a time.

import { measurer } from '../measurer.js'

/** @type {import('../../bench.js').Measure} */
export async function measureMemory(workload, runtimes) {
  /** @type {Record<string, import('../../bench.js').Figures>} */
  const figures = {}
  for (const runtime of runtimes) {
    const { ask, kill } = measurer(runtime, workload)
    const { bytes } = await ask('memory')
    figures[runtime.name] = { value: bytes }
    kill() // waking a million Tasks takes a while
  }
  return figures
}
