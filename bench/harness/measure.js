// The process that is measured: `node measure.js <program.js> <workload> <job as JSON>`. First it prints, as JSON,
// whether it supports the workload. Then it answers each command on stdin with one line on stdout:
//
//   warm-up <ms>               runs the workload for half of that time, again and again, until two results agree
//   round <ms>                 runs it for that time        → ns of CPU per operation, of all threads: compiler and
//                                                             collector have threads of their own
//   memory                     puts all Tasks to sleep      → bytes per Task

import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// When two neighbouring runs differ by less than this, the engine has finished compiling.
const STEADY = 0.05
const MOST_RUNS = 8

const [, , file = '', name = '', job = ''] = process.argv
/** @type {import('./measurer.js').Job} */
const { size, ops, expected, warmUp, like, fromReached } = JSON.parse(job)

/** @typedef {(size: any, reached: (count: number) => void) => unknown} Program */
/** @type {{ programs: Record<string, Program> }} */
const { programs } = await import(pathToFileURL(file).href)
const chosen = name in programs ? name : like // the program for this workload
const program = programs[chosen] ?? (() => fail(`${file} has no program ${chosen}`))

/** @type {Record<string, (duration: number) => Promise<unknown>>} */
const answers = {
  'warm-up': (duration) => warmedUp(duration, warmUp ?? size),
  round: (duration) => round(duration, size),
  memory,
}

tell({ can: chosen in programs })
for await (const line of createInterface({ input: process.stdin })) {
  const [question = '', duration] = line.split(' ')
  tell(await answers[question]?.(Number(duration)))
}
process.exit() // sleeping Tasks would keep it alive

/**
 * @param {number} duration In ms of CPU: on a busy machine, wall time would pass before the engine has compiled
 * anything.
 * @param {import('./workloads.js').Size} sizeOfRound A warm-up may be smaller, since its figures are not used.
 */
async function round(duration, sizeOfRound) {
  let times = 0
  let cpu = 0
  do {
    let cpuBefore = process.cpuUsage()
    const sum = await program(sizeOfRound, () => {
      if (!fromReached) return
      cpuBefore = process.cpuUsage()
    })
    if (size === sizeOfRound && sum !== expected) throw new Error(`${file}: ${name} gives ${sum}, not ${expected}`)
    times++
    const { user, system } = process.cpuUsage(cpuBefore)
    cpu += (user + system) / 1e3
  } while (cpu < duration)
  return (cpu * 1e6) / (ops * times)
}

/**
 * @param {number} duration
 * @param {import('./workloads.js').Size} sizeOfRound
 */
async function warmedUp(duration, sizeOfRound) {
  let latest = await round(duration / 2, sizeOfRound)
  for (let n = 1; n < MOST_RUNS; n++) {
    const before = latest
    latest = await round(duration / 2, sizeOfRound)
    if (Math.abs(latest - before) < STEADY * before) break
  }
  return latest
}

function memory() {
  const before = memoryInUse()
  return new Promise((resolve, reject) => {
    const asleep = program(size, (count) => {
      const bytes = (memoryInUse() - before) / ops
      if (count === expected) resolve({ bytes })
      else reject(new Error(`${file}: ${count} are asleep, not ${expected}`))
    })
    Promise.resolve(asleep).catch(reject)
  })
}

function memoryInUse() {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc')
  globalThis.gc()
  globalThis.gc() // array buffers that the first has found dead are counted until the next
  const { heapUsed, external } = process.memoryUsage() // external includes the array buffers
  return heapUsed + external
}

/** @param {string} message */
function fail(message) {
  throw new Error(message)
}

/** @param {unknown} answer */
function tell(answer) {
  console.log(JSON.stringify(answer))
}
