// Measures the cost of tests in virtual time and of exploration, as ratios within one run: pnpm bench explore

import { explore, inVirtualTime } from '@spindle/testing'
import { gather, newEventLoop, sleep, VirtualClock } from 'spindle'

const ROUNDS = 7

/**
 * The lowest CPU times of several rounds, in ms. The two alternate, so a busy machine slows down both.
 *
 * @param {() => unknown} work
 * @param {() => unknown} other
 */
async function both(work, other) {
  let [least, leastOfOther] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < ROUNDS; round++) {
    least = Math.min(least, await cpu(work))
    leastOfOther = Math.min(leastOfOther, await cpu(other))
  }
  return { least, leastOfOther }
}

/** @param {() => unknown} work */
async function cpu(work) {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/**
 * @param {() => unknown} work
 * @param {() => unknown} other
 */
async function ratio(work, other) {
  const { least, leastOfOther } = await both(work, other)
  return least / leastOfOther
}

function* program() {
  function* worker() {
    for (let n = 0; n < 3; n++) yield* sleep(n)
  }
  yield* gather([worker(), worker(), worker()])
}

function bare() {
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.runUntilCompleteSync(program())
  loop.close()
}

const RUNS = 2_000
/** @type {(count: number, work: () => unknown) => Promise<void>} */
const times = async (count, work) => {
  for (let n = 0; n < count; n++) await work()
}
const bareRuns = () => {
  for (let n = 0; n < RUNS; n++) bare()
}
const fifo = await ratio(() => explore(program, { cancel: 'never', late: 0, runs: RUNS }), bareRuns)
/** @type {import('@spindle/testing').ExploreOptions<undefined, void>} */
const inAnyOrder = { cancel: 'never', late: 0, order: 'any', runs: RUNS, algorithms: ['random walk'] }
const random = await ratio(() => explore(program, inAnyOrder), bareRuns)

const test = inVirtualTime(function* () {})
const inVirtual = await both(
  () => times(500, test),
  () => times(500, async () => {}),
)

function* tenTasks() {
  function* worker() {
    for (let n = 0; n < 18; n++) yield* sleep(0)
  }
  yield* gather(Array.from({ length: 10 }, worker))
}
const bareTen = () => {
  for (let n = 0; n < 200; n++) {
    const loop = newEventLoop({ clock: new VirtualClock() })
    loop.runUntilCompleteSync(tenTasks())
    loop.close()
  }
}
let sweepRuns = 0
const sweep = await ratio(async () => {
  const { runs } = await explore(tenTasks, { late: 0 })
  sweepRuns = runs
}, bareTen)

/** @type {(what: string, value: string, limit: string) => void} */
const show = (what, value, limit) => console.log(`${what.padEnd(62)} ${value.padStart(9)}   ${limit}`)
show(
  'a test in virtual time, over an empty one',
  `${((inVirtual.least - inVirtual.leastOfOther) / 500).toFixed(3)} ms`,
  'at most 0.2 ms',
)
show('an explored run, first in, first out, to a bare one', `× ${fifo.toFixed(2)}`, 'at most × 2.5')
show('an explored run in random order, to a bare one', `× ${random.toFixed(2)}`, 'at most × 4')
show(
  `a sweep of 10 Tasks and 190 steps (${sweepRuns} runs), to a bare run`,
  `× ${(sweep * 200).toFixed(0)}`,
  'at most × 2500',
)
