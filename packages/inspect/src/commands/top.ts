import type { ProcessSnapshot } from '../node/snapshot.ts'
import { printable } from '../printable.ts'
import type { Row } from '../recording.ts'
import { shownReplay } from '../replay/replay.ts'
import { unfinished } from './trees.ts'

const ROWS = 12
const LONGEST = 5

/** The table of `spindle top`, from a recording of `ms`. */
export function formatTop({ pid, program }: ProcessSnapshot, rows: readonly Row[], ms: number): string {
  const run = shownReplay({ version: 1, rows })
  const frame = run.frame(-1)
  const began = new Map<number, number>()
  const longest = new Map<string, number>()
  let switches = 0
  let lag = 0
  for (const [n, row] of run.recording.rows.entries()) {
    if (row.kind === 'ready') lag = Math.max(lag, row.time - (frame.timers.get(row.task) ?? row.time))
    frame.apply(row, n, run.index)
    if (row.kind === 'step') {
      switches++
      began.set(row.task, row.time)
    } else if (row.kind === 'suspended' || row.kind === 'done') {
      const name = frame.tasks.get(row.task)?.givenName ?? ''
      const took = row.time - (began.get(row.task) ?? row.time)
      if (took > (longest.get(name) ?? 0)) longest.set(name, took)
    }
  }
  const tasks = unfinished(frame)
  const counts = new Map<string, number>()
  for (const { status, waitsFor } of tasks) {
    // sleep(1), sleep(2), … are one.
    const what =
      waitsFor === undefined
        ? status
        : waitsFor.task > 0
          ? 'a Task'
          : waitsFor.label.replace(/\(.*\)$/, '()').replace(/\d+/g, 'N')
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const ordered = descending(counts)
  const lines = [
    `${printable(program)}, process ${pid}`,
    `${tasks.length} Tasks   ${Math.round((switches / ms) * 1000).toLocaleString('en')} switches a second   lag ${milliseconds(lag)}`,
    '',
    'longest steps',
    ...descending(longest)
      .slice(0, LONGEST)
      .map(([name, took]) => `${milliseconds(took).padStart(12)}  ${name}`),
    '',
    'Tasks by what they wait for',
    ...ordered.slice(0, ROWS).map(([what, count]) => `${String(count).padStart(12)}  ${what}`),
  ]
  if (ordered.length > ROWS) lines.push(`${String(ordered.length - ROWS).padStart(12)}  more`)
  return `${lines.join('\n')}\n`
}

function descending(amounts: ReadonlyMap<string, number>): [name: string, amount: number][] {
  return [...amounts].sort(([, a], [, b]) => b - a)
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}
