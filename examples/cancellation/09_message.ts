// 9. A message travels. Look at: what cancel() is given is the message of the error, wherever it comes by.
// Run: npx tsx examples/cancellation/09_message.ts
// Prints: the same reason on three levels     Next: 10_swallowed.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'

function* worker(): Coroutine<void> {
  try {
    yield* sleep(3_600_000)
  } catch (error) {
    console.log(`worker: ${error}`)
    throw error
  }
}

function* manager(): Coroutine<void> {
  try {
    yield* createTask(worker())
  } catch (error) {
    console.log(`manager: ${error}`)
    throw error
  }
}

function* main(): Coroutine<void> {
  const task = createTask(manager())
  yield* sleep(10)
  task.cancel('we close at six')
  try {
    yield* task
  } catch (error) {
    console.log(`main: ${error}`)
  }
}

await run(main())
