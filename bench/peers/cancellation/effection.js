// @ts-nocheck: what is imported here is installed by `pnpm bench cancellation` only.

import { run, sleep, spawn } from 'effection'

export const variants = {
  'try/finally': (log) => run(() => main(log)),
}

function* main(log) {
  const task = yield* spawn(() => outer(log))
  yield* sleep(20)
  yield* task.halt()
}

function* outer(log) {
  yield* inner(log)
  log('ran on')
}

function* inner(log) {
  try {
    yield* sleep(1000)
  } finally {
    log('clean-up begins')
    yield* sleep(10)
    log('clean-up waited')
    yield* sleep(10)
    log('clean-up ends')
  }
}
