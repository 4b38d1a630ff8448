// @ts-nocheck: what is imported here is installed by `npm run bench cancellation` only.

import { Effect, Fiber } from 'effect'

export const variants = {
  'try/finally': (log) => Effect.runPromise(main(log, innerByFinally)),
  'its own: `Effect.ensuring`': (log) => Effect.runPromise(main(log, innerByEnsuring)),
}

const main = Effect.fn(function* main(log, inner) {
  const fiber = yield* Effect.forkChild(outer(log, inner))
  yield* Effect.sleep(20)
  yield* Fiber.interrupt(fiber)
})

const outer = Effect.fn(function* outer(log, inner) {
  yield* inner(log)
  log('ran on')
})

const innerByFinally = Effect.fn(function* inner(log) {
  try {
    yield* Effect.sleep(1000)
  } finally {
    yield* cleanUp(log)
  }
})

const innerByEnsuring = (log) => Effect.ensuring(Effect.sleep(1000), cleanUp(log))

const cleanUp = Effect.fn(function* cleanUp(log) {
  log('clean-up begins')
  yield* Effect.sleep(10)
  log('clean-up waited')
  yield* Effect.sleep(10)
  log('clean-up ends')
})
