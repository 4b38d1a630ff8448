// `node count.js <workload> <size as JSON> [--build=folder] [--valgrind]`: warms up a workload, runs it
// a few more times, and prints how many bytes those runs allocated per operation. guard.js counts the instructions from
// outside: valgrind starts to count at the call of uptime().

import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { uptime } from 'node:os'
import { workloads } from '../harness/workloads.js'
import { programs } from '../programs/spindle-blocking.js'

// How many runs precede the count, and how many are counted. They are many and small: what runs once in each, like
// gather(), is compiled only after dozens of them, and what is compiled while it counts is counted, too.
const WARM = 60
const COUNTED = 10

const [, , name = '', json = ''] = process.argv
const size = JSON.parse(json)
const workload = workloads.find((candidate) => candidate.name === name)
const program = programs[name] ?? programs[workload?.like ?? '']
if (workload === undefined || program === undefined) throw new Error(`there is no workload ${name}`)

globalThis.gc?.() // before the warm-up: later it would discard compiled code
for (let i = 0; i < WARM; i++) check(program(size, () => {}))
if (process.argv.includes('--valgrind')) await instrumented()
const before = process.memoryUsage().heapUsed
uptime()
for (let i = 0; i < COUNTED; i++) check(program(size, () => {}))
const ops = workload.ops(size) * COUNTED
// Not with console.log(): its first call loads Node's streams, which costs as much as 15,000 Tasks.
writeSync(1, `${(process.memoryUsage().heapUsed - before) / ops} ${ops}\n`)
Reflect.apply(Reflect.get(process, 'reallyExit'), process, [0]) // at once, so that the exit is not counted

/**
 * Has valgrind instrument what runs from now on: with the start and the warm-up instrumented, too, a count takes twice
 * the time. The turns of the host keep the process running: valgrind does not see the request while it waits.
 */
async function instrumented() {
  let status
  const vgdb = spawn('vgdb', [`--pid=${process.pid}`, 'instrumentation', 'on'], { stdio: 'ignore' })
  vgdb.on('exit', (code) => {
    status = code
  })
  while (status === undefined) await new Promise((resolve) => setImmediate(resolve))
  if (status !== 0) throw new Error('vgdb, which comes with valgrind, failed')
}

/** @param {unknown} sum */
function check(sum) {
  if (sum !== workload?.expected(size)) throw new Error(`${name} gives ${sum}`)
}
