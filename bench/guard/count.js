// Warms one workload up and does its work some more times,
// `node count.js <workload> <size as JSON> <times> <handicap>`, which is none, object or work; prints how many bytes it
// allocated for one operation then. How many instructions it takes, guard.js sees from outside.

import { spindleEntry } from '../harness/spindle-build.js'
import { workloads } from '../harness/workloads.js'
import { programs as blocking } from '../programs/spindle-blocking.js'

// How often the work is done before it counts: until nothing is compiled any more.
const WARM = 10

/** @type {typeof import('spindle')} */
const spindle = await import(spindleEntry)

const [, , name = '', json = '', times = '1', handicap = 'none'] = process.argv
const size = JSON.parse(json)
const workload = workloads.find((candidate) => candidate.name === name)
const program = handicap === 'none' ? blocking[name] : handicapped()
if (workload === undefined || program === undefined) throw new Error(`there is no workload ${name}`)

for (let i = 0; i < WARM; i++) check(program(size, () => {}))
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
for (let i = 0; i < Number(times); i++) check(program(size, () => {}))
console.log((process.memoryUsage().heapUsed - before) / (workload.ops(size) * Number(times)))

/** @param {unknown} sum */
function check(sum) {
  if (sum !== workload?.expected(size)) throw new Error(`${name} gives ${sum}`)
}

/** `switch`, made dearer by an object or some work in each step: the guard must see either. */
function handicapped() {
  const work = handicap === 'work' ? 7 : 0 // rounds of a loop: about a tenth of a step
  /** @type {object | undefined} */
  let latest
  return ({ tasks = 0, rounds = 0 }) => {
    let turn = 0
    let sum = 0
    let noise = 0
    /** @param {number} id */
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        for (let i = 0; i < work; i++) noise = (Math.imul(noise, 31) + i) | 0
        if (handicap === 'object') latest = { round }
        yield* spindle.sleep(0)
      }
    }
    return spindle.runSync(
      (function* main() {
        yield* spindle.gather(Array.from({ length: tasks }, (_, id) => worker(id)))
        return noise === 1 || latest === spindle ? 0 : sum
      })(),
    )
  }
}
