import type { ProcessSnapshot } from '../node/snapshot.ts'
import type { SwitchSample } from '../node/switches.ts'
import { printable } from '../printable.ts'
import { stateOf } from './trees.ts'

const ROWS = 12

/** The table of `spindle top`. */
export function formatTop({ pid, program, rows, switches, lag, longest }: ProcessSnapshot & SwitchSample): string {
  const tasks = [...stateOf({ rows }).tasks.values()]
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
  const ordered = [...counts].sort(([, a], [, b]) => b - a)
  const lines = [
    `${printable(program)}, process ${pid}`,
    `${tasks.length} Tasks   ${Math.round(switches).toLocaleString('en')} switches a second   lag ${milliseconds(lag)}`,
    '',
    'longest steps',
    ...longest.map(({ task, ms }) => `${milliseconds(ms).padStart(12)}  ${printable(task)}`),
    '',
    'Tasks by what they wait for',
    ...ordered.slice(0, ROWS).map(([what, count]) => `${String(count).padStart(12)}  ${printable(what)}`),
  ]
  if (ordered.length > ROWS) lines.push(`${String(ordered.length - ROWS).padStart(12)}  more`)
  return `${lines.join('\n')}\n`
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}
