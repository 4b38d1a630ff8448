// A computation that keeps the loop
// While one Task computes for 150 ms, no other one gets a turn. Time is virtual here, so `compute` moves the clock.

import { type Coroutine, gather, getRunningLoop, run, sleep } from 'spindle'

const compute = (ms: number) => getRunningLoop().advanceTo(getRunningLoop().time() + ms)

function* heartbeat(): Coroutine<void> {
  for (let n = 0; n < 3; n++) yield* sleep(20)
}

function* report(): Coroutine<void> {
  yield* sleep(10)
  compute(150)
  yield* sleep(0)
}

function* main(): Coroutine<void> {
  yield* gather([heartbeat(), report()])
}

await run(main())
