// From rows to lanes: the activity of each Task between any two rows, by the state that the replay has at each of them.

import { grouped } from '../grouped.ts'
import { type CancelSource, type Recording, type Row, rowsOf } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import {
  type Activity,
  awaitedName,
  lineOf,
  type ResourceState,
  type TaskFrame,
  type TaskState,
} from '../replay/frame.ts'
import { shownReplay } from '../replay/replay.ts'
import type { Orphan } from '../replay/row-index.ts'

/** A span with one state of a Task. */
export interface Segment {
  readonly state: Activity
  /** Rows. It begins at `from`, and lasts until `to`. */
  readonly from: number
  readonly to: number
  readonly label: string
  readonly line: number
}

/** Something that happened to a Task at one moment. */
export interface Mark {
  readonly kind: 'caught' | 'finally' | 'swallowed' | 'taken-back' | 'in-time' | 'warning'
  readonly row: number
  readonly text: string
}

/** A span during which a Task holds a lock, or a permit of a semaphore. */
export interface Held {
  readonly resource: string
  /** Rows. */
  readonly from: number
  readonly to: number
}

/** The history of one Task. */
export interface Lane {
  readonly task: number
  readonly name: string
  readonly parent: number
  readonly depth: number
  readonly segments: Segment[]
  readonly marks: Mark[]
  readonly held: Held[]
  /** Defined if it outlives its maker. */
  readonly orphan: Orphan | undefined
  readonly end?: {
    readonly row: number
    readonly outcome: 'returned' | 'threw' | 'cancelled'
    readonly error: string
    /** Nothing received the error. */
    readonly isLost: boolean
  }
}

/** Something that passed from one Task to another. */
export interface Arrow {
  readonly kind: 'request' | 'error' | 'birth'
  /** 0: from above, labelled with its source. */
  readonly fromTask: number
  readonly fromRow: number
  readonly toTask: number
  readonly toRow: number
  readonly label: string
}

/** A recording as lanes and arrows: the content of a picture. */
export interface Story {
  readonly recording: Recording
  /** In tree order: children are below their parent. */
  readonly lanes: readonly Lane[]
  readonly arrows: readonly Arrow[]
  /** The number of Tasks in the whole recording. */
  readonly taskCount: number
  /** The rows at which the cursor stops. */
  readonly stops: readonly number[]
}

const SOURCES: Record<CancelSource, string> = {
  task: 'a Task',
  timeout: 'deadline',
  TaskGroup: 'TaskGroup',
  race: 'the race',
  signal: 'AbortSignal',
  interrupt: 'Ctrl-C',
  you: 'you',
  judge: 'the judge',
  run: 'run() ends',
  callback: 'a callback',
}

export function sourceName(source: CancelSource): string {
  return SOURCES[source]
}

/** Computes the activity of each Task between the rows. */
export function toStory(recording: Recording): Story {
  const rows = rowsOf(recording)
  return { ...toStoryPart(recording, 0, rows.length - 1), stops: rows.flatMap((row, n) => (isStop(row) ? [n] : [])) }
}

/** The story of the rows from `first` to `last`; only these are looked at, and a few before them. */
export function toStoryPart(recording: Recording, first: number, last: number): Omit<Story, 'stops'> {
  const run = shownReplay(recording)
  const { index } = run
  const { rows } = run.recording
  const frame = run.frame(first - 1)
  const lanes = new Map<number, Lane>()
  const arrows: Arrow[] = []

  const add = ({ id, name, parent }: TaskState): void => {
    const end = index.ends.get(id)
    lanes.set(id, {
      task: id,
      name,
      parent,
      depth: parent === 0 ? 0 : (lanes.get(parent)?.depth ?? 0) + 1,
      segments: [],
      marks: [],
      held: [],
      orphan: index.orphans.get(id),
      ...(end !== undefined &&
        end.n <= last && {
          end: { row: end.n, outcome: end.row.outcome, error: end.row.error, isLost: index.lost.has(id) },
        }),
    })
  }
  const close = (task: TaskState | undefined, to: number): void => {
    if (task?.activity === undefined) return
    const { activity: state, since: from } = task
    const label = state === 'requested' ? 'cancel requested' : awaitedName(task, frame.tasks)
    const line = state === 'requested' || label === '' ? 0 : lineOf(task)
    lanes.get(task.id)!.segments.push({ state, from, to, label, line })
  }
  const letGo = (resource: string, { holders, since }: Holders, to: number): void => {
    for (const [n, task] of holders.entries()) lanes.get(task)?.held.push({ resource, from: since[n]!, to })
  }
  const mark = (task: number, kind: Mark['kind'], row: number, text: string): void =>
    void lanes.get(task)?.marks.push({ kind, row, text })

  for (const task of frame.tasks.values()) add(task)
  for (let n = first; n <= last; n++) {
    const row = rows[n]!
    const before = 'task' in row ? frame.tasks.get(row.task) : undefined
    const held = row.kind === 'resource' ? frame.resources.get(row.resource) : undefined
    const { lastFailed } = frame
    frame.apply(row, n, index)
    if (!('task' in row)) continue
    const pass = (kind: Arrow['kind'], fromTask: number, fromRow: number, label: string): void =>
      void arrows.push({ kind, fromTask, fromRow, toTask: row.task, toRow: n, label })
    const after = frame.tasks.get(row.task)
    if (after !== undefined && before === undefined) add(after)
    if (after?.since === n) close(before, n)
    switch (row.kind) {
      case 'created':
        if (row.parent > 0) pass('birth', row.parent, n, '')
        break
      case 'step': {
        if (before === undefined || (row.by !== 'cancel' && row.by !== 'error')) break
        const from = row.from || (row.by === 'error' ? before.wait.failed : cancelledFor(before))
        const end = index.ends.get(from)
        const error = row.by === 'cancel' ? 'CancelledError' : shortError(end?.row.error ?? '')
        if (end !== undefined && end.n < n) pass('error', end.row.task, end.n, error)
        break
      }
      case 'cancelling': {
        const from = row.via > 0 ? row.via : row.by > 0 ? row.by : row.source === 'TaskGroup' ? lastFailed : 0
        const label = row.via > 0 ? 'passed on' : row.by > 0 ? 'cancel()' : sourceName(row.source)
        if (from !== row.task) pass('request', from, n, label)
        break
      }
      case 'done': {
        // The awaitable had already finished, so there was no step at which the error arrived.
        const end = row.from === row.task || before?.error === 'inside' ? undefined : index.ends.get(row.from)
        const error = row.outcome === 'cancelled' ? 'CancelledError' : shortError(row.error)
        if (end !== undefined) pass('error', end.row.task, end.n, error)
        break
      }
      case 'resource':
        if (held !== undefined) letGo(row.resource, without(held, frame.resources.get(row.resource)!), n)
        break
      case 'taken-back':
        mark(row.task, 'taken-back', n, 'request taken back')
        break
      case 'in-time':
        // An error that leaves the block is not its success.
        if (before?.activity !== 'erring')
          mark(row.task, 'in-time', n, `in time for ${toHundredths(row.deadline - rows[0]!.time)} ms`)
        break
      case 'swallowed':
        mark(row.task, 'swallowed', n, '~ swallowed')
        break
      case 'caught':
        mark(row.task, 'caught', n, `${row.function} catch :${row.line}`)
        break
      case 'finally':
        if (before?.activity === 'erring') mark(row.task, 'finally', n, `${row.function} finally :${row.line}`)
        break
      case 'warning':
        mark(row.task, 'warning', n, `${row.task > 0 ? 'never awaited' : 'warning'} :${row.line}`)
        break
    }
  }
  for (const task of frame.tasks.values()) close(task, rows.length)
  for (const [resource, holders] of frame.resources) letGo(resource, holders, rows.length)
  for (const { held } of lanes.values()) held.sort((a, b) => a.from - b.from)
  return { recording: run.recording, lanes: inTreeOrder([...lanes.values()]), arrows, taskCount: index.names.size }
}

type Holders = Pick<ResourceState, 'holders' | 'since'>

function without(before: Holders, after: Holders): Holders {
  const gone = [...before.since.keys()].filter((n) => !after.since.includes(before.since[n]!))
  return { holders: gone.map((n) => before.holders[n]!), since: gone.map((n) => before.since[n]!) }
}

/** A Task that was cancelled itself receives the error of another Task only if it passed the request on to it. */
function cancelledFor({ isRequested, wait }: TaskFrame): number {
  return isRequested ? wait.cancelledByIt : wait.cancelled
}

function shortError(text: string): string {
  return /^(\w+)/.exec(text)?.[1] ?? 'error'
}

function inTreeOrder(lanes: readonly Lane[]): Lane[] {
  const ordered: Lane[] = []
  const children = grouped(lanes, ({ parent }) => parent)
  const known = new Set(lanes.map(({ task }) => task))
  const stack = lanes.filter(({ parent }) => !known.has(parent)).reverse()
  while (stack.length > 0) {
    const lane = stack.pop()!
    ordered.push(lane)
    stack.push(...[...(children.get(lane.task) ?? [])].reverse())
  }
  return ordered
}

const HIDDEN: ReadonlySet<Row['kind']> = new Set(['ready', 'told', 'joined', 'left', 'turn', 'deadline'])

/** A row that is not a stop of the cursor is shown together with the next stop. */
export function isStop({ kind }: Row): boolean {
  return !HIDDEN.has(kind)
}
