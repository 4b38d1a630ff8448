// A lock that its holder acquires again
// A method with a lock calls another one with the same lock. In asyncio, too, a Lock knows no holder.

import { type Coroutine, Lock, run } from 'spindle'

const lock = new Lock()

function* save(): Coroutine<void> {
  yield* lock.acquire()
  yield* log()
  lock.release()
}

function* log(): Coroutine<void> {
  yield* lock.acquire()
  lock.release()
}

function* main(): Coroutine<void> {
  yield* save()
}

await run(main())
