// @ts-nocheck: what is imported here is installed by `npm run bench cancellation` only.

import { runSaga } from 'redux-saga'
import { call, cancel, delay, fork } from 'redux-saga/effects'

export const variants = {
  'try/finally, by `yield*`': (log) => runSaga({}, main, log, outerByYieldStar).toPromise(),
  'its own: by `yield call()`': (log) => runSaga({}, main, log, outerByCall).toPromise(),
}

function* main(log, outer) {
  const task = yield fork(outer, log)
  yield delay(20)
  yield cancel(task)
  yield delay(1000) // a cancelled saga does not report when its clean-up ends
}

function* outerByYieldStar(log) {
  yield* inner(log)
  log('ran on')
}

function* outerByCall(log) {
  yield call(inner, log)
  log('ran on')
}

function* inner(log) {
  try {
    yield delay(1000)
  } finally {
    log('clean-up begins')
    yield delay(10)
    log('clean-up waited')
    yield delay(10)
    log('clean-up ends')
  }
}
