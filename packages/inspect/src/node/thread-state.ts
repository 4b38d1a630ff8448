import { readFileSync } from 'node:fs'

const MEASURED_MS = 200
const LOOKS = 10

/**
 * Whether the main thread of a process slept in most of several looks, as in `Atomics.wait()` or `execSync()`;
 * undefined without /proc. CPU time would not do: on a busy machine a thread that computes may use as little.
 */
export async function isAsleep(pid: number): Promise<boolean | undefined> {
  let runnable: number | undefined
  for (let n = 0; n < LOOKS; n++) {
    await new Promise((resolve) => setTimeout(resolve, MEASURED_MS / LOOKS))
    try {
      const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1')
      runnable = (runnable ?? 0) + Number(stat.slice(stat.lastIndexOf(')')).startsWith(') R'))
    } catch {} // another system
  }
  return runnable === undefined ? undefined : runnable <= LOOKS / 2
}
