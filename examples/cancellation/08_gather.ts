// 8. Cancel reaches a gather. Look at: one cancel() of a Task that awaits gather() cancels everything it gathers.
// Run: npx tsx examples/cancellation/08_gather.ts
// Prints: three downloads that clean up, by one cancel()     Next: 09_message.ts
import { type Coroutine, createTask, gather, run, sleep } from 'spindle'

function* download(name: string): Coroutine<void> {
  try {
    yield* sleep(3_600_000)
  } finally {
    console.log(`${name}: half a file removed`)
  }
}

function* downloads(): Coroutine<void> {
  // It ends with the first of them that ends cancelled: one whose clean-up waits would be left behind, here as in
  // asyncio.
  yield* gather([download('first'), download('second'), download('third')])
}

function* main(): Coroutine<void> {
  const task = createTask(downloads())
  yield* sleep(10)
  console.log('main: one cancel()')
  task.cancel()
  try {
    yield* task
  } catch (error) {
    console.log(`main: ${error}`)
  }
}

await run(main())
