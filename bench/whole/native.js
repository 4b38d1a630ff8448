// A small program, from start to end as a process: 1,000 async functions yield to each other 100 times.

const TASKS = 1000
const ROUNDS = 100

let turn = 0
let sum = 0

/** @param {number} id */
async function worker(id) {
  for (let round = 0; round < ROUNDS; round++) {
    if (turn++ === round * TASKS + id) sum++
    await undefined
  }
}

await Promise.all(Array.from({ length: TASKS }, (_, id) => worker(id)))
if (sum !== TASKS * ROUNDS) throw new Error(`${sum} came in turn`)
