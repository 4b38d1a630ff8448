// @ts-nocheck: what is imported here is installed by `npm run bench cancellation` only.

import Bluebird from 'bluebird'

Bluebird.config({ cancellation: true })

export const variants = {
  'try/finally, by `yield*`': (log) => main(Bluebird.coroutine(outerByYieldStar)(log)),
  'a coroutine of its own': (log) => main(Bluebird.coroutine(outerByCoroutine)(log)),
}

async function main(running) {
  await Bluebird.delay(20)
  running.cancel()
  await Bluebird.delay(1000) // a cancelled promise never settles
}

function* outerByYieldStar(log) {
  yield* inner(log)
  log('ran on')
}

function* outerByCoroutine(log) {
  yield Bluebird.coroutine(inner)(log)
  log('ran on')
}

function* inner(log) {
  try {
    yield Bluebird.delay(1000)
  } finally {
    log('clean-up begins')
    yield Bluebird.delay(10)
    log('clean-up waited')
    yield Bluebird.delay(10)
    log('clean-up ends')
  }
}
