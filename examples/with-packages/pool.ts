// A computation on a thread of a pool, stopped half-way. Look at: compute(), which asks whether it should stop; the
// caller is told when it has. One that does not ask is ended with its thread, after the `graceTime` of the pool.
// Recipe for a pool of threads: a function that asks whether it should stop
// Write: `stopRequested()` in its loop; `graceTime` of the pool if it does not ask
// Run: npx tsx examples/with-packages/pool.ts     with --stops 1000, for example
// Prints: the sum, and what stops at random moments leave     Next: processes.ts
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Coroutine } from 'spindle'
import { runMain } from 'spindle/node'
import { isMain, runInExecutor, stopRequested, ThreadPoolExecutor } from 'spindle/thread'
import { stopped } from '../support/stopped.ts'

const ROUNDS = 20

/** Adds up, and beats after each round. */
export function compute(beats: Int32Array, rounds: number): number {
  let sum = 0
  for (let round = 0; round < rounds && !stopRequested(); round++) {
    for (let n = 0; n < 1_000_000; n++) sum = (sum + n * round) % 1_000_003
    Atomics.add(beats, 0, 1)
  }
  return sum
}

/** In plain TypeScript: a thread is ended. The function goes there as text. */
function computePlain(beats: Int32Array, signal: AbortSignal): Promise<number> {
  const source = `${compute}
    const { parentPort, workerData: [beats, rounds] } = require('node:worker_threads')
    const stopRequested = () => false
    parentPort.postMessage(compute(beats, rounds))`
  return new Promise((resolve, reject) => {
    const worker = new Worker(source, { eval: true, workerData: [beats, ROUNDS] })
    const stop = (): void => {
      reject(signal.reason)
      void worker.terminate()
    }
    signal.addEventListener('abort', stop, { once: true })
    worker.once('error', reject)
    worker.once('message', (sum: number) => {
      signal.removeEventListener('abort', stop)
      worker.once('exit', () => resolve(sum))
    })
  })
}

if (isMain(import.meta)) {
  const pool = new ThreadPoolExecutor(1, { graceTime: 1000 })
  const beats = new Int32Array(new SharedArrayBuffer(4))
  /** Whether a thread computes, as its beats tell. */
  const held = async (): Promise<number> => {
    const before = Atomics.load(beats, 0)
    await pause(5)
    return Atomics.load(beats, 0) - before
  }
  function* work(): Coroutine<number> {
    return yield* runInExecutor(pool, compute, beats, ROUNDS)
  }
  await runMain(stopped({ spindle: work, plain: (signal) => computePlain(beats, signal), held }))
  pool.shutdown({ wait: false })
}
