// 1. A sleeping Task is cancelled. Look at: cancel() asks and returns; the exception then comes out of the `yield*`
//    where the Task waits. Run: npx tsx examples/cancellation/01_sleeping.ts
// Prints: a Task that slept for an hour, ended within milliseconds     Next: 02_finally.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'

function* sleeper(): Coroutine<void> {
  console.log('sleeper: good night, for an hour')
  try {
    yield* sleep(3_600_000)
    console.log('sleeper: never printed')
  } catch (error) {
    console.log(`sleeper: woken by ${error}`)
    throw error // what was thrown in must come out again, or the Task would not be cancelled
  }
}

function* main(): Coroutine<void> {
  const task = createTask(sleeper())
  yield* sleep(10)

  console.log(`main: asked it to end: ${task.cancel()}, it has ended: ${task.done()}`)
  try {
    yield* task
  } catch (error) {
    console.log(`main: awaiting it throws ${error}`)
  }
  console.log(`main: done: ${task.done()}, cancelled: ${task.cancelled()}`)
}

await run(main())
