import { createTask, gather, run, sleep } from 'spindle'

/** @typedef {(what: string) => void} Log */

export const variants = {
  'try/finally': (/** @type {Log} */ log) => run(main(log)),
}

/** @param {Log} log @returns {import('spindle').Coroutine<void>} */
function* main(log) {
  const task = createTask(outer(log))
  yield* sleep(20)
  task.cancel()
  yield* gather([task], { returnExceptions: true })
}

/** @param {Log} log @returns {import('spindle').Coroutine<void>} */
function* outer(log) {
  yield* inner(log)
  log('ran on')
}

/** @param {Log} log @returns {import('spindle').Coroutine<void>} */
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
