// The side of bench.js of a process that measures one workload on one runtime. The other side is measure.js.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * @param {import('./runtimes.js').Runtime} runtime
 * @param {import('./workloads.js').Workload} workload
 */
export function measurer(runtime, workload) {
  const [command = '', ...args] = runtime.command
  const job = JSON.stringify(jobOf(workload, runtime.share))
  const child = spawn(command, [...args, workload.name, job], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ready = answer()
  ready.catch(() => {}) // the caller of ask() receives the error

  async function answer() {
    const { done, value } = await lines.next()
    if (done) throw new Error(`${runtime.name} ended in the middle of ${workload.name}`)
    return JSON.parse(value)
  }

  return {
    runtime,
    /** Whether it has a program for this workload. */
    async can() {
      return (await ready).can
    },
    /** @param {string} question */
    async ask(question) {
      await ready
      child.stdin.write(`${question}\n`)
      return answer()
    },
    end() {
      child.stdin.end()
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}

/**
 * @typedef {{ size: import('./workloads.js').Size, ops: number, expected: number, warmUp:
 * import('./workloads.js').Size | null, like: string, fromReached: boolean }} Job
 *
 * @param {import('./workloads.js').Workload} workload
 * @param {number} share
 * @returns {Job}
 */
function jobOf(workload, share) {
  // A slow runtime does only a share of the work: the result is the time per operation.
  const scale = (/** @type {[string, number]} */ [key, n]) => [key, key === 'rounds' || key === 'count' ? n * share : n]
  const size = Object.fromEntries(Object.entries(workload.size).map(scale))
  const { like = workload.name, fromReached = false } = workload
  return {
    size,
    ops: workload.ops(size),
    expected: workload.expected(size),
    warmUp: workload.warmUp ?? null,
    like,
    fromReached,
  }
}
