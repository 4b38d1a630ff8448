// A wake-up that is lost with a cancelled Task
// The lock that Python had for years (bpo-27585): right in each run, until the Task that was just woken is cancelled.

import { type Coroutine, type Future, gather, getRunningLoop, run, sleep } from 'spindle'

class OwnLock {
  #locked = false
  readonly #waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (this.#locked) {
      const turn = getRunningLoop().createFuture<void>()
      this.#waiters.push(turn)
      yield* turn
    }
    this.#locked = true
  }

  release(): void {
    this.#locked = false
    this.#waiters.find((turn) => !turn.done())?.setResult()
  }
}

const lock = new OwnLock()

function* worker(): Coroutine<void> {
  yield* lock.acquire()
  try {
    yield* sleep(10)
  } finally {
    lock.release()
  }
}

function* main(): Coroutine<void> {
  yield* gather([worker(), worker(), worker()], { returnExceptions: true })
}

await run(main())
