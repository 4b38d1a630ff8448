// A notify() before the wait()
// A Condition remembers nothing: who is not waiting yet is not woken.

import { Condition, type Coroutine, createTask, run, sleep } from 'spindle'

const ready = new Condition()

function* server(): Coroutine<void> {
  yield* ready.acquire()
  ready.notify()
  ready.release()
}

function* main(): Coroutine<void> {
  createTask(server())
  yield* sleep(10)
  yield* ready.acquire()
  yield* ready.wait()
}

await run(main())
