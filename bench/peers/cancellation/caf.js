// @ts-nocheck: what is imported here is installed by `npm run bench cancellation` only.

import { CAF } from 'caf'
import { after } from './after.js'

export const variants = {
  'try/finally, by `yield*`': (log) => main(log, outerByYieldStar),
  'its own: a CAF of its own': (log) => main(log, outerByCaf),
}

async function main(log, outer) {
  const token = new CAF.cancelToken()
  const running = outer(token.signal, log)
  await after(20)
  token.abort()
  await running.catch(() => {})
  await after(1000) // it rejects at once, although its clean-up may still run
}

const outerByYieldStar = CAF(function* outer(signal, log) {
  yield* inner(signal, log)
  log('ran on')
})

const innerCaf = CAF(inner)
const outerByCaf = CAF(function* outer(signal, log) {
  yield innerCaf(signal, log)
  log('ran on')
})

function* inner(_signal, log) {
  try {
    yield after(5000) // longer than the observation: after it, CAF would resume the clean-up
  } finally {
    log('clean-up begins')
    yield after(10)
    log('clean-up waited')
    yield after(10)
    log('clean-up ends')
  }
}
