// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import { Effect } from 'effect'

const TASKS = 1000
const ROUNDS = 100

let turn = 0
let sum = 0

const worker = Effect.fnUntraced(function* (id) {
  for (let round = 0; round < ROUNDS; round++) {
    if (turn++ === round * TASKS + id) sum++
    yield* Effect.yieldNow
  }
})

await Effect.runPromise(
  Effect.all(
    Array.from({ length: TASKS }, (_, id) => worker(id)),
    { concurrency: 'unbounded' },
  ),
)
if (sum !== TASKS * ROUNDS) throw new Error(`${sum} came in turn`)
