// ms that a process takes which runs a trivial main, above one that runs an empty file. They are started in turn.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median } from '../median.js'
import { spindleEntry } from '../spindle-build.js'

/** @type {import('../bench.js').Measure} */
export async function measureStartUp(_, runtimes, quick) {
  const names = ['nothing', ...runtimes.map(({ name }) => name)]
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let n = 0; n < (quick ? 15 : 40); n++) {
    for (const name of names) times[name]?.push(start(name))
  }
  const bare = median(times['nothing'] ?? [])
  return Object.fromEntries(runtimes.map(({ name }) => [name, { value: median(times[name] ?? []) - bare }]))
}

/** @param {string} name */
function start(name) {
  const file = fileURLToPath(new URL(`../start-up/${name}.js`, import.meta.url))
  const before = performance.now()
  const { status } = spawnSync(process.execPath, [file, spindleEntry], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${file} does not run`)
  return performance.now() - before
}
