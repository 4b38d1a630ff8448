// One runtime, one workload, one process: `node measure.js <program.js> <workload>`. bench.js asks for a round by a line on
// stdin (after a first that says whether the runtime can do it at all), `warm-up <ms>` or `round <ms>`, and gets one on stdout, as JSON: the ns that one operation took, by wall and by CPU
// time of all threads of the process (the engine's compiler and collector work on others).

import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { workloads } from './workloads.js'

const [, , file = '', name = ''] = process.argv
const workload = workloads.find((candidate) => candidate.name === name)
if (workload === undefined) throw new Error(`there is no workload ${name}`)
/** @type {{ programs: Record<string, (size: any) => number | Promise<number>>, cannot: Record<string, string> }} */
const { programs, cannot } = await import(pathToFileURL(file).href)
const program = programs[name]
if (program === undefined && !(name in cannot)) throw new Error(`${file} has no program ${name}`)
console.log(JSON.stringify({ cannot: cannot[name] }))

for await (const line of createInterface({ input: process.stdin })) {
  const [what, duration] = line.split(' ')
  console.log(JSON.stringify(await round(what === 'warm-up', Number(duration))))
}

/**
 * Does the work again and again for `duration` ms, at least once.
 *
 * @param {boolean} warmUp
 * @param {number} duration
 */
async function round(warmUp, duration) {
  const { size, expected, ops } = /** @type {import('./workloads.js').Workload} */ (workload)
  const smaller = warmUp ? workload?.warmUp : undefined
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  let times = 0
  do {
    const sum = await program?.(smaller ?? size)
    if (smaller === undefined && sum !== expected) throw new Error(`${file}: ${name} gives ${sum}, not ${expected}`)
    times++
  } while (performance.now() - before < duration)
  const wall = performance.now() - before
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall: (wall * 1e6) / (ops * times), cpu: ((user + system) * 1e3) / (ops * times) }
}
