// @ts-nocheck: what is imported here is installed by `npm run bench cancellation` only.

import { ensure, run, sleep, spawn } from 'effection'

export const variants = {
  'try/finally': (log) => run(() => main(log, innerByFinally)),
  'its own: `ensure()`': (log) => run(() => main(log, innerByEnsure)),
}

function* main(log, inner) {
  const task = yield* spawn(() => outer(log, inner))
  yield* sleep(20)
  yield* task.halt()
}

function* outer(log, inner) {
  yield* inner(log)
  log('ran on')
}

function* innerByFinally(log) {
  try {
    yield* sleep(1000)
  } finally {
    yield* cleanUp(log)
  }
}

function* innerByEnsure(log) {
  yield* ensure(() => cleanUp(log))
  yield* sleep(1000)
}

function* cleanUp(log) {
  log('clean-up begins')
  yield* sleep(10)
  log('clean-up waited')
  yield* sleep(10)
  log('clean-up ends')
}
