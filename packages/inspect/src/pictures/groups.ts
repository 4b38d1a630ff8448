// Lanes that are drawn as one: of many Tasks that run the same function, a picture shows how many are in each state.

import { append } from '../grouped.ts'
import type { Recording } from '../recording.ts'
import type { Activity } from '../replay/frame.ts'
import type { RowIndex } from '../replay/row-index.ts'
import type { Arrow, Lane } from '../story/story.ts'

export interface Group {
  /** The name without the number that distinguishes them. */
  readonly name: string
  readonly tasks: ReadonlySet<number>
}

export interface Counts {
  readonly row: number
  readonly counts: Readonly<Record<GroupState, number>>
}

/** The states of the Tasks in a group, from the bottom of its lane to the top. */
export const GROUP_STATES = ['running', 'cleaning', 'requested', 'waiting'] as const
export type GroupState = (typeof GROUP_STATES)[number]

const MIN_SIZE = 5
const MAX_FAILED = 8

const STATE: Readonly<Record<Activity, GroupState>> = {
  ready: 'running',
  running: 'running',
  waiting: 'waiting',
  requested: 'requested',
  erring: 'cleaning',
  cleaning: 'cleaning',
  caught: 'running',
  'caught-waiting': 'waiting',
}

/** Groups the Tasks of a recording by the functions that they run. The first Tasks that failed stay alone. */
export function groupsOf({ names, ends }: RowIndex): Group[] {
  const byName = new Map<string, number[]>()
  let failed = 0
  for (const [task, name] of names) {
    if (ends.get(task)?.row.outcome === 'threw' && ++failed <= MAX_FAILED) continue
    append(byName, name.replace(/ \d+$/, ''), task)
  }
  return [...byName].flatMap(([name, tasks]) => (tasks.length < MIN_SIZE ? [] : [{ name, tasks: new Set(tasks) }]))
}

export function titleOf({ name, tasks }: Group): string {
  return `${name}() × ${tasks.size.toLocaleString('en')}`
}

export function countsOf(lanes: readonly Lane[]): Counts[] {
  const changes = new Map<number, [state: GroupState, by: number][]>()
  for (const { segments } of lanes) {
    for (const { state, from, to } of segments) {
      append(changes, from, [STATE[state], 1])
      append(changes, to, [STATE[state], -1])
    }
  }
  const now: Record<GroupState, number> = { running: 0, cleaning: 0, requested: 0, waiting: 0 }
  return [...changes]
    .toSorted(([a], [b]) => a - b)
    .map(([row, at]) => {
      for (const [state, by] of at) now[state] += by
      return { row, counts: { ...now } }
    })
}

/** How the Tasks of a group have ended: `990 returned, 9 cancelled`. */
export function endsOf(lanes: readonly Lane[]): string {
  const counts = new Map<string, number>()
  for (const { end } of lanes) {
    if (end !== undefined) counts.set(end.outcome, (counts.get(end.outcome) ?? 0) + 1)
  }
  return [...counts]
    .map(([outcome, count]) => `${count.toLocaleString('en')} ${outcome === 'threw' ? 'failed' : outcome}`)
    .join(', ')
}

/** The rows with a separate step on the x axis: all except the rows of grouped Tasks. */
export function ownRows({ rows }: Recording, grouped: ReadonlyMap<number, Group>): number[] {
  return rows.flatMap((row, n) => (row.kind === 'print' || !('task' in row) || !grouped.has(row.task) ? [n] : []))
}

/** Merges arrows to and from a group that are close to each other, with their number, and omits arrows inside it. */
export function mergedArrows(
  arrows: readonly Arrow[],
  grouped: ReadonlyMap<number, Group>,
  xOf: (row: number) => number,
  distance: number,
): readonly Arrow[] {
  const drawn: { readonly arrow: Arrow; count: number }[] = []
  const last = new Map<string, { readonly arrow: Arrow; count: number; x: number }>()
  for (const arrow of arrows) {
    const { kind, fromTask, toTask, toRow } = arrow
    const from = grouped.get(fromTask)?.name ?? fromTask
    const to = grouped.get(toTask)?.name ?? toTask
    if (from === to) continue
    const x = xOf(toRow)
    const key = `${kind} ${from} ${to}`
    const before = last.get(key)
    const one = before !== undefined && x - before.x < distance ? before : { arrow, count: 0, x }
    one.x = x
    if (one.count++ === 0) drawn.push(one)
    if (from !== fromTask || to !== toTask) last.set(key, one)
  }
  return drawn.map(({ arrow, count }) =>
    count === 1 ? arrow : { ...arrow, label: `${arrow.label} × ${count.toLocaleString('en')}` },
  )
}
