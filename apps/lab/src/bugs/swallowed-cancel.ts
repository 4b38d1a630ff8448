// A catch that swallows the cancel
// The `catch` is for failed requests, and it catches the CancelledError, too.

import { type Coroutine, createTask, run, sleep } from 'spindle'

function* poll(): Coroutine<void> {
  for (let n = 0; n < 4; n++) {
    try {
      yield* sleep(50)
      console.log('polled')
    } catch {
      console.log('failed, try again')
    }
  }
}

function* main(): Coroutine<void> {
  const polling = createTask(poll())
  yield* sleep(70)
  polling.cancel()
  yield* polling
}

await run(main())
