// The program of native.js, on Spindle: `await run(main())`.

/** @type {typeof import('spindle')} */
const { gather, run, sleep } = await import(process.argv[2] ?? 'spindle')

const TASKS = 1000
const ROUNDS = 100

let turn = 0
let sum = 0

/** @param {number} id */
function* worker(id) {
  for (let round = 0; round < ROUNDS; round++) {
    if (turn++ === round * TASKS + id) sum++
    yield* sleep(0)
  }
}

function* main() {
  yield* gather(Array.from({ length: TASKS }, (_, id) => worker(id)))
}

await run(main())
if (sum !== TASKS * ROUNDS) throw new Error(`${sum} came in turn`)
