// Two locks in opposite order
// Each Task holds the lock that the other one needs next. The oldest deadlock there is.

import { type Coroutine, gather, Lock, run, sleep } from 'spindle'

const [accounts, journal] = [new Lock(), new Lock()]

function* transfer(): Coroutine<void> {
  yield* holding(accounts, journal)
}

function* audit(): Coroutine<void> {
  yield* holding(journal, accounts)
}

function* holding(first: Lock, second: Lock): Coroutine<void> {
  yield* first.acquire()
  yield* sleep(1)
  yield* second.acquire()
  second.release()
  first.release()
}

function* main(): Coroutine<void> {
  yield* gather([transfer(), audit()])
}

await run(main())
