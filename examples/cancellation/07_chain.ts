// 7. A chain of awaits. Look at: the outermost is cancelled, but the exception begins where it waits in the end, and
//    comes up from there. Run: npx tsx examples/cancellation/07_chain.ts
// Prints: the chain from the innermost to the outermost, a second Task among them     Next: 08_gather.ts
import { type Coroutine, createTask, run, sleep } from 'spindle'

function* report(): Coroutine<void> {
  try {
    yield* parse()
  } finally {
    console.log('4. report: put the pen away')
  }
}

function* parse(): Coroutine<void> {
  const reading = createTask(read()) // a separate Task: it is cancelled along with the Task that awaits it
  try {
    yield* reading
  } finally {
    console.log(`3. parse: the Task I wait for was cancelled: ${reading.cancelled()}`)
  }
}

function* read(): Coroutine<void> {
  try {
    yield* sleep(3_600_000)
  } finally {
    console.log('2. read: closed the file')
  }
}

function* main(): Coroutine<void> {
  const task = createTask(report())
  yield* sleep(10)
  console.log('1. main: cancel the report')
  task.cancel()
  try {
    yield* task
  } catch (error) {
    console.log(`5. main: ${error}`)
  }
}

await run(main())
