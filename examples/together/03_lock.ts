// 3. One at a time. Look at: between two `yield*` nobody interrupts a Task, so only what reaches across one needs a
//    lock. Run: npx tsx examples/together/03_lock.ts
// Prints: an account that loses money, and one behind a lock that does not     Next: 04_queue.ts
import { type Coroutine, gather, Lock, run, sleep } from 'spindle'

class Account {
  #balance = 0
  readonly #lock = new Lock();

  *read(): Coroutine<number> {
    yield* sleep(10) // it is kept far away
    return this.#balance
  }

  *write(balance: number): Coroutine<void> {
    yield* sleep(10)
    this.#balance = balance
  }

  *pay(amount: number): Coroutine<void> {
    const balance = yield* this.read()
    yield* this.write(balance + amount) // what others have written meanwhile is lost
  }

  *paySafely(amount: number): Coroutine<void> {
    yield* this.#lock.acquire()
    try {
      yield* this.pay(amount)
    } finally {
      this.#lock.release() // also if we are cancelled in there
    }
  }
}

function* main(): Coroutine<void> {
  const careless = new Account()
  yield* gather([careless.pay(100), careless.pay(20), careless.pay(3)])
  console.log(`without a lock: ${yield* careless.read()}`)

  const careful = new Account()
  yield* gather([careful.paySafely(100), careful.paySafely(20), careful.paySafely(3)])
  console.log(`with a lock: ${yield* careful.read()}`)
}

await run(main())
