// Async functions that yield to the host: with `await undefined` alone, the server would never answer.

import { workFor } from '../../lib/work-for.js'
import { serve, size } from './serve.js'

const { tasks, work, atOnce } = size

/** @type {number[]} */
const sleep = []
let free = atOnce
/** @type {((value: undefined) => void)[]} */
const waiting = []

await serve(() => ({ sleep }))
ticker()
for (let id = 0; id < tasks; id++) worker()

async function worker() {
  for (;;) {
    if (atOnce > 0) await acquire()
    workFor(work)
    await new Promise((resolve) => setImmediate(resolve))
    if (atOnce > 0) release()
  }
}

async function ticker() {
  for (;;) {
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1))
    sleep.push(performance.now() - start - 1)
  }
}

/** Fair: a newcomer queues behind the waiters. */
async function acquire() {
  if (free > 0) free--
  else await new Promise((resolve) => waiting.push(resolve))
}

function release() {
  const next = waiting.shift()
  if (next === undefined) free++
  else next(undefined)
}
