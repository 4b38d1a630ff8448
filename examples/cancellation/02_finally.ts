// 2. Clean-up stands in `finally`. Look at: copy() knows nothing of cancelling, and yet closes its file on both ways
//    out. Run: npx tsx examples/cancellation/02_finally.ts
// Prints: both files closed, one of them copied     Next: 03_clean_up_that_waits.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'

function* copy(file: string, duration: number): Coroutine<void> {
  console.log(`${file}: open`)
  try {
    yield* sleep(duration)
    console.log(`${file}: copied`)
  } finally {
    console.log(`${file}: closed`)
  }
}

function* main(): Coroutine<void> {
  yield* copy('small', 10)

  const task = createTask(copy('large', 3_600_000))
  yield* sleep(10)
  task.cancel()
  yield* sleep(0) // one turn of the loop: the Task takes the step in which it ends
  console.log(`large: cancelled: ${task.cancelled()}`)
}

await run(main())
