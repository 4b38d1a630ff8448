import { spindleEntry } from '../../harness/spindle-entries.js'
import { workFor } from '../../lib/work-for.js'
import { serve, size } from './serve.js'

/** @type {typeof import('spindle')} */
const spindle = await import(spindleEntry)
const { gather, run, Semaphore } = spindle

const { tasks, work, atOnce } = size

/** @type {number[]} */
const sleep = []
/** @type {number[]} */
const timer = []

await serve(() => ({ sleep, timer }))
tickOfHost()
await run(main())

/** @returns {import('spindle').Coroutine<void>} */
function* main() {
  const semaphore = atOnce > 0 ? new Semaphore(atOnce) : undefined
  yield* gather([ticker(), ...Array.from({ length: tasks }, () => worker(semaphore))])
}

/** @param {import('spindle').Semaphore | undefined} semaphore */
function* worker(semaphore) {
  for (;;) {
    if (semaphore !== undefined) yield* semaphore.acquire()
    workFor(work)
    yield* spindle.sleep(0)
    semaphore?.release()
  }
}

function* ticker() {
  for (;;) {
    const start = performance.now()
    yield* spindle.sleep(1)
    sleep.push(performance.now() - start - 1)
  }
}

function tickOfHost(start = performance.now()) {
  setTimeout(() => {
    timer.push(performance.now() - start - 1)
    tickOfHost()
  }, 1)
}
