// The process that is measured: `node measure.js <program.js> <workload>`. First it says, as JSON on stdout, whether it can do
// that at all; then bench.js asks by lines on stdin, and gets one line for each:
//
//   warm-up <ms>, round <ms>   does the work for so long    → ns an operation took, by wall and by CPU time of all threads
//                                                             of the process: compiler and collector work on others
//   memory                     puts all Tasks to sleep      → bytes each of them takes
//   serve                      has all Tasks spin           → the port of a server that answers meanwhile

import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { workloads } from './workloads.js'

const [, , file = '', name = ''] = process.argv
const workload = workloads.find((candidate) => candidate.name === name)
if (workload === undefined) throw new Error(`there is no workload ${name}`)

/** @typedef {(size: any, allAsleep: () => void) => unknown} Program */
/** @type {{ programs: Record<string, Program>, cannot: Record<string, string> }} */
const { programs, cannot } = await import(pathToFileURL(file).href)
if (!(name in programs) && !(name in cannot) && workload.kind !== 'start-up')
  throw new Error(`${file} has no program ${name}`)
const program = /** @type {Program} */ (programs[name]) // bench.js does not ask those that cannot

/** @type {Record<string, (duration: number) => Promise<unknown>>} */
const answers = {
  'warm-up': (duration) => round(duration, workload.warmUp ?? workload.size, workload.warmUp === undefined),
  round: (duration) => round(duration, workload.size, true),
  memory,
  serve,
}

tell({ cannot: cannot[name] })
for await (const line of createInterface({ input: process.stdin })) {
  const [question = '', duration] = line.split(' ')
  tell(await answers[question]?.(Number(duration)))
}
process.exit() // what sleeps or spins would go on

/**
 * @param {number} duration
 * @param {import('./workloads.js').Size} size
 * @param {boolean} checked
 */
async function round(duration, size, checked) {
  const { expected, ops } = /** @type {import('./workloads.js').Workload} */ (workload)
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  let times = 0
  do {
    const sum = await program(size, () => {})
    if (checked && sum !== expected) throw new Error(`${file}: ${name} gives ${sum}, not ${expected}`)
    times++
  } while (performance.now() - before < duration)
  const wall = performance.now() - before
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall: (wall * 1e6) / (ops * times), cpu: ((user + system) * 1e3) / (ops * times) }
}

function memory() {
  const before = memoryInUse()
  const { size, ops, expected } = /** @type {import('./workloads.js').Workload} */ (workload)
  return new Promise((resolve, reject) => {
    let bytes = Number.NaN
    const asleep = program(size, () => {
      bytes = (memoryInUse() - before) / ops
    })
    Promise.resolve(asleep).then((count) => {
      if (count === expected) resolve({ bytes })
      else reject(new Error(`${file}: ${count} are asleep, not ${expected}`))
    }, reject)
  })
}

function memoryInUse() {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage() // external has the array buffers in it
  return heapUsed + external
}

async function serve() {
  const server = createServer((_, response) => response.end('here'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  setImmediate(() => program(workload?.size, () => {}))
  return server.address()
}

/** @param {unknown} answer */
function tell(answer) {
  console.log(JSON.stringify(answer))
}
