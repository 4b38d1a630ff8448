// Two runs inside a third one. The innermost is deadlocked, and only that one receives the error.
import { type Coroutine, call, DeadlockError, Event, run, sleep } from 'spindle'

function* stuck(): Coroutine<void> {
  yield* new Event().wait()
}

function* middle(): Coroutine<string> {
  try {
    yield* call((signal) => run(stuck(), { signal }))
    return 'it ended'
  } catch (error) {
    yield* sleep(1)
    return error instanceof DeadlockError ? 'the innermost is stuck' : `${error}`
  }
}

function* main(): Coroutine<void> {
  console.log(yield* call((signal) => run(middle(), { signal })))
}

await run(main())
