// Cancels programs that start others at random moments, and counts from outside what is still there when the caller is
// told: `npx tsx test/node/process-trees.ts 1000`, or with the rows to try: `… 1000 'deaf, running' 'slow, ended'`. Its
// short form is in process-trees.test.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { isMain } from '@spindle/thread'
import { type Coroutine, createTask, gather, run, sleep, wait } from 'spindle'
import { subprocess } from 'spindle/node'

/** What the children of a program do when they are asked to end. The shell that starts them ends at once. */
export const children = {
  obedient: 'sleep 600 & sleep 600 &',
  deaf: "(trap '' TERM; while :; do sleep 0.05; done) &",
  slow: "(trap 'sleep 0.05; exit' TERM; while :; do sleep 0.01; done) &",
  'double fork': '(sleep 600 & (sleep 600 &) &)',
  setsid: 'setsid sleep 600 & (setsid sh -c "sleep 600 & sleep 600" &)',
} as const

/** When the cancellation comes, or, if the program ends by itself, that it does. */
export const moments = {
  'at the start': { script: (start: string) => `${start}\nexec sleep 600`, delay: () => Math.random() * 4 },
  running: { script: (start: string) => `${start}\necho ready; exec sleep 600`, delay: undefined },
  ended: { script: (start: string) => `${start}\necho ready`, delay: undefined },
} as const

export interface Outcome {
  /** Processes that ran when the caller was told. */
  early: number
  /** Processes that ran a while later. */
  left: number
}

let count = 0

/** Starts it once, cancels it, and counts. */
export function* tryOnce(child: keyof typeof children, moment: keyof typeof moments, tree?: false): Coroutine<Outcome> {
  const mark = `TRIED=${process.pid}.${++count}.`
  const { script, delay } = moments[moment]
  const env = { ...process.env, TRIED: mark.slice(6) }
  const options = { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore', graceTime: 100, tree, env } as const
  const isReady = { value: false }
  const task = createTask(function* (): Coroutine<void> {
    yield* subprocess(['sh', '-c', script(children[child])], options, function* (started) {
      const line = yield* started.stdout.readLine()
      isReady.value = line.length > 0
      yield* started.wait()
      if (moment !== 'ended') throw new Error(`${child} ended by itself`)
    })
  })
  if (delay !== undefined) yield* sleep(delay())
  else while (!isReady.value && !task.done()) yield* sleep(1)
  if (moment !== 'ended') task.cancel()
  yield* wait([task])
  const early = runningWith(mark)
  if (early.length > 0) yield* sleep(300)
  const left = runningWith(mark)
  for (const pid of left) killIfAlive(pid)
  if (!task.cancelled()) task.result() // throws what went wrong
  if (delay === undefined && !isReady.value) throw new Error(`${child} was not ready`)
  return { early: early.length, left: left.length }
}

export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended since it was counted
  }
}

/** The processes with a text in their environment. */
export function runningWith(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)
      } catch {
        return false // it has ended: zombies have no environment
      }
    })
}

/** Tries all combinations or those named in `rows`, some at a time. */
export function* tryAll(
  times: number,
  atOnce: number,
  onRow: (name: string, outcome: Outcome) => void,
  rows: readonly string[] = [],
): Coroutine<void> {
  for (const child of Object.keys(children) as (keyof typeof children)[]) {
    for (const moment of Object.keys(moments) as (keyof typeof moments)[]) {
      const name = `${child}, ${moment}`
      if (rows.length > 0 && !rows.includes(name)) continue
      const sum = { early: 0, left: 0 }
      let remaining = times
      const worker = function* (): Coroutine<void> {
        while (remaining-- > 0) {
          const { early, left } = yield* tryOnce(child, moment)
          sum.early += early
          sum.left += left
        }
      }
      yield* gather(Array.from({ length: atOnce }, worker))
      onRow(name, sum)
    }
  }
}

if (isMain(import.meta)) {
  const [times = 1000, ...rows] = process.argv.slice(2)
  const print = (name: string, { early, left }: Outcome) => {
    console.log(`${name} × ${times}: ${early} early, ${left} left`)
  }
  await run(tryAll(Number(times), 8, print, rows))
}
