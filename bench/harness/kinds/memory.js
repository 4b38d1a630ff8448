// Bytes that a sleeping Task takes: what is in use after a full collection, less what was before. A process each, once:
// it is a count, not a time.

import { measurer } from '../measurer.js'

/** @type {import('../../bench.js').Measure} */
export async function measureMemory(workload, runtimes) {
  /** @type {Record<string, import('../../bench.js').Figures>} */
  const figures = {}
  for (const runtime of runtimes) {
    const { ask, kill } = measurer(runtime, workload)
    const { bytes } = await ask('memory')
    figures[runtime.name] = { value: bytes }
    kill() // to wake a million Tasks takes it a while
  }
  return figures
}
