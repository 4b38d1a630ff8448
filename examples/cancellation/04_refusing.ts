// 4. A Task may refuse. Look at: a Task that catches the CancelledError and keeps it continues, and is not cancelled.
// Run: npx tsx examples/cancellation/04_refusing.ts
// Prints: a payment that was completed in spite of cancel()     Next: 05_before_it_started.ts
import { CancelledError, type Coroutine, createTask, run, sleep } from 'spindle'

function* payment(): Coroutine<string> {
  console.log('payment: the money is on its way')
  try {
    yield* sleep(20)
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
    console.log('payment: cancelled? Too late, I see it through')
    yield* sleep(20)
  }
  return 'paid'
}

function* main(): Coroutine<void> {
  const task = createTask(payment())
  yield* sleep(10)
  task.cancel()
  console.log(`main: the Task gave '${yield* task}'`)
  console.log(`main: cancelled: ${task.cancelled()}, asked to end: ${task.cancelling()} time`)
}

await run(main())
