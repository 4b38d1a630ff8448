// A queue whose items are not reported as done
// One forgotten taskDone(), and join() waits forever.

import { type Coroutine, createTask, Queue, run } from 'spindle'

const queue = new Queue<number>()

function* worker(): Coroutine<void> {
  for (;;) {
    const item = yield* queue.get()
    if (item === 2) continue // nothing to do
    queue.taskDone()
  }
}

function* main(): Coroutine<void> {
  const working = createTask(worker())
  for (let n = 0; n < 4; n++) yield* queue.put(n)
  yield* queue.join()
  working.cancel()
}

await run(main())
