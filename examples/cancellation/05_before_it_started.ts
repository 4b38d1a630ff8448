// 5. Cancelled before it started. Look at: createTask() runs nothing yet; a Task cancelled before its first step never
//    runs a line. Run: npx tsx examples/cancellation/05_before_it_started.ts
// Prints: nothing from the Task, not even from its `finally`     Next: 06_twice.ts
import { type Coroutine, createTask, run } from 'spindle'

function* job(): Coroutine<void> {
  console.log('job: never printed')
  try {
    console.log('job: nor this')
  } finally {
    console.log('job: nor this: nothing was begun, so nothing is cleaned up')
  }
}

function* main(): Coroutine<void> {
  const task = createTask(job())
  console.log('main: made the Task')
  task.cancel() // its first step would have come in the next turn of the loop
  try {
    yield* task
  } catch (error) {
    console.log(`main: awaiting it throws ${error}`)
  }
}

await run(main())
