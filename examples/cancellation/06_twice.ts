// 6. Cancelled twice. Look at: each cancel() throws once. The second one comes while the clean-up waits, and cuts it
//    short. Run: npx tsx examples/cancellation/06_twice.ts
// Prints: a clean-up that was begun and not completed     Next: 07_chain.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'

function* server(): Coroutine<void> {
  try {
    yield* sleep(3_600_000)
  } finally {
    console.log('server: waiting for the last guests to leave …')
    try {
      yield* sleep(3_600_000)
      console.log('server: never printed')
    } finally {
      console.log('server: … no longer') // what must happen in any case goes without waiting
    }
  }
}

function* main(): Coroutine<void> {
  const task = createTask(server())
  yield* sleep(10)
  task.cancel()
  yield* sleep(10)
  console.log(`main: done: ${task.done()}. Once more`)
  task.cancel()
  yield* sleep(0)
  console.log(`main: done: ${task.done()}, asked to end: ${task.cancelling()} times`)
}

await run(main())
