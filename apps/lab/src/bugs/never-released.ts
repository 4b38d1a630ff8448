// A lock that a failed Task never released
// Without `using` or `finally`, an exception leaves the lock taken.

import { type Coroutine, createTask, Lock, run, wait } from 'spindle'

const lock = new Lock()

function* careless(): Coroutine<void> {
  yield* lock.acquire()
  throw new Error('no space left on device')
}

function* main(): Coroutine<void> {
  const task = createTask(careless())
  yield* wait([task])
  console.log(`${task.exception()}`)
  yield* lock.acquire()
}

await run(main())
