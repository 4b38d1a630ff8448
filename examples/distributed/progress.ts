// A job on a worker says how far it is. Look at: reportProgress() in the coroutine, onProgress of the call, and
// currentCall(), by which the coroutine knows its call.
// Run: npx tsx examples/distributed/progress.ts
// with a redis-server, and in another terminal
// `npx tsx packages/distributed/src/main.ts --module examples/distributed/progress.ts`
// Prints: "convert 25 %" to "convert 100 %", then "converted at attempt 1"     Next: cancel_everywhere.ts
import { type Coroutine, run, sleep } from 'spindle'
import { currentCall, DistributedExecutor } from 'spindle/distributed'
import { isMain, reportProgress } from 'spindle/thread'

export function* convert(steps: number): Coroutine<string> {
  for (let step = 1; step <= steps; step++) {
    yield* sleep(100)
    reportProgress(step / steps)
  }
  return `converted at attempt ${currentCall()?.attempt}`
}

function* main(executor: DistributedExecutor): Coroutine<void> {
  const observed = executor.with({ onProgress: (share) => console.log(`convert ${100 * Number(share)} %`) })
  console.log(yield* observed.submit(convert, 4))
}

if (isMain(import.meta)) {
  using executor = new DistributedExecutor()
  await run(main(executor))
}
