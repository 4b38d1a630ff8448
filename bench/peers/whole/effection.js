// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import { all, run, until } from 'effection'

const TASKS = 1000
const ROUNDS = 100
const settled = Promise.resolve()

let turn = 0
let sum = 0

function* worker(id) {
  for (let round = 0; round < ROUNDS; round++) {
    if (turn++ === round * TASKS + id) sum++
    yield* until(settled) // sleep(0) would be a timer of the host
  }
}

await run(() => all(Array.from({ length: TASKS }, (_, id) => worker(id))))
if (sum !== TASKS * ROUNDS) throw new Error(`${sum} came in turn`)
