import { readFileSync } from 'node:fs'

const MEASURED_MS = 200
const LOOKS = 10

/**
 * Whether the main thread of a process could run for most of a while; undefined: where there is no /proc. On a busy
 * machine the CPU time of a thread that computes does not distinguish it from a sleeping thread.
 */
export async function isRunnable(pid: number): Promise<boolean | undefined> {
  let runnable: number | undefined
  for (let n = 0; n < LOOKS; n++) {
    await new Promise((resolve) => setTimeout(resolve, MEASURED_MS / LOOKS))
    try {
      const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1')
      runnable = (runnable ?? 0) + Number(stat.slice(stat.lastIndexOf(')')).startsWith(') R'))
    } catch {} // another system
  }
  return runnable === undefined ? undefined : runnable > LOOKS / 2
}
