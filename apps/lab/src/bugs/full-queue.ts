// A producer whose consumer is gone
// The consumer ends at an item it cannot parse. The producer waits for room forever.

import { type Coroutine, createTask, Queue, run, wait } from 'spindle'

const queue = new Queue<string>(2)

function* consumer(): Coroutine<void> {
  for (;;) JSON.parse(yield* queue.get())
}

function* main(): Coroutine<void> {
  const consuming = createTask(consumer())
  for (const item of ['1', 'oops', '2', '3', '4', '5']) yield* queue.put(item)
  yield* wait([consuming])
}

await run(main())
