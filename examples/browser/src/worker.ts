// The loop in a Web Worker, where it may block as well.

import { type Coroutine, gather, run, runSync, sleep } from 'spindle'

function* add(): Coroutine<number> {
  const [a, b] = yield* gather([sleep(10, 20), sleep(5, 22)])
  return a + b
}

postMessage([runSync(add()), await run(add())])
