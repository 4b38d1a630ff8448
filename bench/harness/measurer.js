// A process that measures one workload on one runtime, as bench.js sees it. measure.js is the other end.

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
  ready.catch(() => {}) // who asks hears of it

  async function answer() {
    const { done, value } = await lines.next()
    if (done) throw new Error(`${runtime.name} ended in the middle of ${workload.name}`)
    return JSON.parse(value)
  }

  return {
    runtime,
    /** @returns {Promise<string | undefined>} why it can't do this workload, if so */
    async whyNot() {
      return (await ready).cannot
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
  // A slow runtime does a share of the rounds: the time of one is what counts.
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
