import { createTask, gather, run, sleep } from 'spindle'

export const variants = {
  'try/finally': (log) => run(main(log)),
}

function* main(log) {
  const task = createTask(outer(log))
  yield* sleep(20)
  task.cancel()
  yield* gather([task], { returnExceptions: true })
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
