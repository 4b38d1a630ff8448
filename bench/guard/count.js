// Warms one workload up and does its work some more times, `node count.js <workload> <size as JSON>`; prints how many
// bytes it allocated for one operation then. How many instructions it took, guard.js sees from outside: valgrind counts
// from the call of uptime() on.

import { writeSync } from 'node:fs'
import { uptime } from 'node:os'
import { workloads } from '../harness/workloads.js'
import { programs } from '../programs/spindle-blocking.js'

// How often the work is done before it counts, until nothing is compiled any more, and while it counts.
const WARM = 20
const COUNTED = 5

const [, , name = '', json = ''] = process.argv
const size = JSON.parse(json)
const workload = workloads.find((candidate) => candidate.name === name)
const program = programs[name]
if (workload === undefined || program === undefined) throw new Error(`there is no workload ${name}`)

globalThis.gc?.() // now: after the warm-up it would throw away what was compiled
for (let i = 0; i < WARM; i++) check(program(size, () => {}))
const before = process.memoryUsage().heapUsed
uptime()
for (let i = 0; i < COUNTED; i++) check(program(size, () => {}))
const ops = workload.ops(size) * COUNTED
// Not by console.log(), whose first call loads the streams of Node: that took as much as 15,000 Tasks.
writeSync(1, `${(process.memoryUsage().heapUsed - before) / ops} ${ops}\n`)
Reflect.apply(Reflect.get(process, 'reallyExit'), process, [0]) // at once: what an exit takes is not counted

/** @param {unknown} sum */
function check(sum) {
  if (sum !== workload?.expected(size)) throw new Error(`${name} gives ${sum}`)
}
