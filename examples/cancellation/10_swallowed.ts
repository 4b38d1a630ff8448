// 10. A swallowed CancelledError. Look at: the `catch` of careless() was meant for failures. In JavaScript it catches
//     the cancel, too. Run: npx tsx examples/cancellation/10_swallowed.ts
// Prints: a crawler that nobody can stop, what debug mode reports, and one that stops     Next: 11_blocked_loop.ts
import { type Coroutine, createTask, getRunningLoop, rethrowIfCancelled, run, sleep } from 'spindle'

function* careless(): Coroutine<void> {
  for (let page = 1; page <= 3; page++) {
    try {
      yield* sleep(20)
    } catch (error) {
      console.log(`careless: page ${page} failed (${error}). On to the next`)
    }
  }
  console.log('careless: all pages done')
}

function* careful(): Coroutine<void> {
  for (let page = 1; page <= 3; page++) {
    try {
      yield* sleep(20)
    } catch (error) {
      rethrowIfCancelled(error) // the cure: one line at the head of a broad catch
      console.log(`careful: page ${page} failed (${error}). On to the next`)
    }
  }
}

function* main(): Coroutine<void> {
  // Without a handler the report goes to the standard error output.
  getRunningLoop().setExceptionHandler((_loop, report) => console.log(`REPORT: ${report.message}`))
  for (const crawl of [careless, careful]) {
    const task = createTask(crawl(), { name: crawl.name })
    yield* sleep(10)
    task.cancel()
    try {
      yield* task
    } catch {}
    console.log(`main: ${crawl.name} was cancelled: ${task.cancelled()}`)
  }
}

await run(main(), { debug: true })
