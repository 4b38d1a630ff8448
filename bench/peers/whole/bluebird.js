// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import Bluebird from 'bluebird'

const TASKS = 1000
const ROUNDS = 100

const settled = Bluebird.resolve()

let turn = 0
let sum = 0

const worker = Bluebird.coroutine(function* (id) {
  for (let round = 0; round < ROUNDS; round++) {
    if (turn++ === round * TASKS + id) sum++
    yield settled
  }
})

await Bluebird.all(Array.from({ length: TASKS }, (_, id) => worker(id)))
if (sum !== TASKS * ROUNDS) throw new Error(`${sum} came in turn`)
