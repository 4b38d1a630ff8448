// ms that a process takes which runs a trivial main, above one that runs an empty file. They are started in turn; the
// least of each counts, as what else the machine does can only add to it.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { spindleEntry } from '../spindle-build.js'

const nothing = [process.execPath, fileURLToPath(new URL('../../start-up/nothing.js', import.meta.url))]

/** @type {import('../../bench.js').Measure} */
export async function measureStartUp(_, runtimes, quick) {
  const commands = { nothing, ...Object.fromEntries(runtimes.map(({ name, startUp }) => [name, startUp ?? []])) }
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
  for (let n = 0; n < (quick ? 15 : 40); n++) {
    for (const [name, command] of Object.entries(commands)) times[name]?.push(start(command))
  }
  const bare = Math.min(...(times['nothing'] ?? []))
  return Object.fromEntries(runtimes.map(({ name }) => [name, { value: Math.min(...(times[name] ?? [])) - bare }]))
}

/** @param {string[]} command */
function start([program = '', ...args]) {
  const before = performance.now()
  const { status } = spawnSync(program, [...args, spindleEntry], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${args[0]} does not run`)
  return performance.now() - before
}
