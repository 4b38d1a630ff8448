// 11. The loop is blocked. Look at: waits() and blocks() differ in whose sleep they use. A thread's sleep keeps
//     everybody waiting. Run: npx tsx examples/cancellation/11_blocked_loop.ts
// Prints: a spinner that turns and one that stands still, a cancel in time and one too late     Next: 12_threads.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'
import { threading } from 'spindle/thread'

let turns = 0

function* spin(): Coroutine<void> {
  for (;;) {
    yield* sleep(10)
    turns++
  }
}

function* waits(): Coroutine<void> {
  turns = 0
  try {
    yield* sleep(100) // the others run
  } finally {
    console.log(`waits: the spinner turned meanwhile: ${turns > 0}`)
  }
}

function* blocks(): Coroutine<void> {
  turns = 0
  try {
    threading.sleep(100) // the thread stands still, and with it the loop: no spinner, no timer, no cancel
  } finally {
    console.log(`blocks: the spinner turned meanwhile: ${turns > 0}`)
  }
}

function* main(): Coroutine<void> {
  createTask(spin())
  for (const slow of [waits, blocks]) {
    const task = createTask(slow())
    yield* sleep(0) // it begins
    yield* sleep(50)
    console.log(`main: cancel() of ${slow.name} comes ${task.cancel() ? 'in time' : 'too late'}`)
    yield* sleep(0)
  }
}

await run(main())
