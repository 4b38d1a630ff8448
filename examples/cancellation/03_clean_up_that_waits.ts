// 3. Clean-up may wait. Look at: the `yield*` inside `finally` works after the cancel, and nothing behind the clean-up
//    runs. Run: npx tsx examples/cancellation/03_clean_up_that_waits.ts
// Prints: a goodbye that was heard, and a session that never went on     Next: 04_refusing.ts
import { type Coroutine, createTask, run, sleep, uncancellable } from 'spindle'

function* connection(): Coroutine<void> {
  console.log('connection: open')
  try {
    yield* sleep(3_600_000)
  } finally {
    console.log('connection: saying goodbye …')
    yield* uncancellable(() => sleep(20)) // another cancel() would cut a bare sleep(20) short
    console.log('connection: … and heard an answer')
  }
}

function* session(): Coroutine<void> {
  yield* connection()
  console.log('session: never printed, although connection() came to its end')
}

function* main(): Coroutine<void> {
  const task = createTask(session())
  yield* sleep(10)
  task.cancel()
  yield* sleep(0)
  console.log(`main: it is cleaning up, so done: ${task.done()}`)
  try {
    yield* task // waits until the clean-up is over
  } catch {
    console.log(`main: now done: ${task.done()}, cancelled: ${task.cancelled()}`)
  }
}

await run(main())
