// Consumers that are never told of the end
// The work is done, and the readers wait for more.

import { type Coroutine, createTask, gather, Queue, run } from 'spindle'

const queue = new Queue<number>()

function* reader(): Coroutine<void> {
  for (;;) console.log(yield* queue.get())
}

function* main(): Coroutine<void> {
  const readers = [createTask(reader()), createTask(reader())]
  for (let n = 0; n < 4; n++) yield* queue.put(n)
  yield* gather(readers)
}

await run(main())
