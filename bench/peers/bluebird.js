// @ts-nocheck: what is imported here is installed by `npm run bench` only.
//
// Cancellation is enabled: that is what Bluebird adds to native promises.

import Bluebird from 'bluebird'
import { programsOf } from './promise-coroutines.js'

Bluebird.config({ cancellation: true })
const { coroutine } = Bluebird

const settled = Bluebird.resolve()
// A coroutine does not suspend for a settled promise, but it does for the result of its `then`.
const pause = () => settled.then()

export const programs = {
  ...programsOf({
    coroutine,
    all: Bluebird.all,
    pause,
    sleep: Bluebird.delay,
    deferred() {
      let resolve
      const promise = new Bluebird((resolvePromise) => {
        resolve = resolvePromise
      })
      return { promise, resolve }
    },
    promiseOf: (value) => new Bluebird((resolve) => queueMicrotask(() => resolve(value))),
  }),

  cancel: coroutine(function* ({ tasks }, reached) {
    let sum = 0
    const worker = coroutine(function* () {
      try {
        yield new Bluebird(() => {})
      } finally {
        sum++
      }
    })
    const workers = Array.from({ length: tasks }, () => worker())
    yield pause()
    reached(tasks)
    for (const promise of workers) promise.cancel()
    yield Bluebird.delay(0)
    for (const promise of workers) if (promise.isCancelled()) sum++
    return sum
  }),
}
