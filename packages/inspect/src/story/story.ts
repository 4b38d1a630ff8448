// From rows to lanes: what each Task was doing between any two rows. A fold over the recording with one look ahead: the
// time after a `catch` of a CancelledError is classified by whether the Task finally rethrew it.

import { printableRecording } from '../printable.ts'
import type { CancelSource, Recording, Row, RowOf } from '../recording.ts'

/** The state of a Task. */
export type LaneState =
  | 'ready'
  | 'running'
  | 'waiting'
  | 'requested' // a cancellation was requested, and its error has not arrived yet
  | 'erring' // runs while handling the error
  | 'cleaning' // waits in its clean-up
  | 'caught' // continues after it caught the error
  | 'caught-waiting'

/** A span in which a Task has one state. */
export interface Segment {
  readonly state: LaneState
  /** Rows. It begins at `from`, and lasts until `to`. */
  readonly from: number
  to: number
  readonly label: string
  readonly line: number
}

/** Something that happened to a Task at one moment. */
export interface Mark {
  readonly kind: 'caught' | 'finally' | 'swallowed' | 'taken-back' | 'in-time' | 'warning'
  readonly row: number
  readonly text: string
}

/** A span in which a Task holds a lock, or a permit of a semaphore. */
export interface Held {
  readonly resource: string
  /** Rows. */
  readonly from: number
  to: number
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
  end?: {
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

/** A recording as lanes and arrows, which is what a picture shows. */
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
  signal: 'AbortSignal',
  interrupt: 'Ctrl-C',
  you: 'you',
  judge: 'the judge',
  run: 'run() ends',
  callback: 'a callback',
}

/** The name of a canceller that is not a Task. */
export function sourceName(source: CancelSource): string {
  return SOURCES[source]
}

/** Computes from the rows what each Task was doing between them. */
export function tell(recording: Recording): Story {
  const shown = printableRecording(recording)
  return { ...tellPart(shown, 0, shown.rows.length - 1), stops: stops(shown.rows) }
}

/** What is known of a Task at a row. Of a Task that is older than the recording, there is no lane. */
interface TaskSoFar {
  lane: Lane | undefined
  /** The last segment of the lane. */
  now: { -readonly [Key in keyof Segment]: Segment[Key] } | undefined
  isRequested: boolean
  hasCaught: boolean
  /** The Tasks to which its request was passed on. */
  passedOn: Set<number> | undefined
  /** The Tasks whose ends were passed to callbacks on its behalf since it began to wait. */
  told: number[] | undefined
}

/**
 * The same for the rows from `first` to `last`. Of earlier rows, only the unfinished states are kept, so a part of a
 * million rows costs two passes over them.
 */
export function tellPart(recording: Recording, first: number, last: number): Omit<Story, 'stops'> {
  const { rows } = printableRecording(recording)
  const tasks = new Map<number, TaskSoFar>()
  const arrows: Arrow[] = []
  const { names, ends, lost } = indexOf(rows)
  const open = new Map<string, { readonly task: number; readonly held: Held }[]>() // by resource
  let lastFailure = 0

  const find = (number: number): TaskSoFar => {
    let task = tasks.get(number)
    if (task === undefined) {
      task = {
        lane: undefined,
        now: undefined,
        isRequested: false,
        hasCaught: false,
        passedOn: undefined,
        told: undefined,
      }
      tasks.set(number, task)
    }
    return task
  }
  const begin = (task: TaskSoFar, row: number, state: LaneState, label = '', line = 0): void => {
    const { lane, now } = task
    if (lane === undefined || lane.end !== undefined) return
    if (state === 'caught' || state === 'caught-waiting') task.hasCaught = true
    if (now !== undefined && row < first) {
      now.state = state
      now.from = row
      now.label = label
      now.line = line
      return
    }
    if (now !== undefined) now.to = row
    task.now = { state, from: row, to: rows.length, label, line }
    lane.segments.push(task.now)
  }
  const arrow = (it: Arrow): void => {
    if (it.toRow >= first) arrows.push(it)
  }

  for (let n = 0; n <= last; n++) {
    const row = rows[n]!
    switch (row.kind) {
      case 'created': {
        const depth = row.parent === 0 ? 0 : (tasks.get(row.parent)?.lane?.depth ?? 0) + 1
        const task = find(row.task)
        task.now = undefined
        task.lane = {
          task: row.task,
          name: names.get(row.task)!,
          parent: row.parent,
          depth,
          segments: [],
          marks: [],
          held: [],
        }
        begin(task, n, 'ready')
        if (row.parent > 0)
          arrow({ kind: 'birth', fromTask: row.parent, fromRow: n, toTask: row.task, toRow: n, label: '' })
        break
      }
      case 'ready': {
        const task = find(row.task)
        const state = task.now?.state
        if (state === 'waiting' || state === 'caught-waiting') begin(task, n, 'ready')
        break
      }
      case 'step': {
        const isError = row.by === 'cancel' || row.by === 'error'
        const task = find(row.task)
        const inCleanUp = task.now?.state === 'cleaning' && row.by === 'value'
        begin(task, n, isError || inCleanUp ? 'erring' : task.hasCaught ? 'caught' : 'running')
        if (isError) {
          const source = row.from > 0 ? row.from : failedChild(row, task)
          task.isRequested = false
          task.passedOn = undefined
          const end = ends.get(source)
          const error = row.by === 'cancel' ? 'CancelledError' : shortError(end?.row.error ?? '')
          if (end !== undefined && end.n < n)
            arrow({ kind: 'error', fromTask: source, fromRow: end.n, toTask: row.task, toRow: n, label: error })
        }
        break
      }
      case 'told': {
        const waiter = find(row.to)
        if (waiter.told === undefined) waiter.told = [row.task]
        else waiter.told.push(row.task)
        break
      }
      case 'resource':
        hold(row, n)
        break
      case 'suspended': {
        const task = find(row.task)
        task.told = undefined
        const before = task.now?.state
        const state: LaneState = before === 'erring' ? 'cleaning' : before === 'caught' ? 'caught-waiting' : 'waiting'
        const label = row.on > 0 ? (names.get(row.on) ?? row.label) : row.label
        const line = row.positions.length > 0 ? row.positions[row.positions.length - 1]!.line : 0
        begin(task, n, task.isRequested ? 'requested' : state, label, line)
        break
      }
      case 'cancelling': {
        const task = find(row.task)
        const state = task.now?.state
        const isRunning = state === 'running' || state === 'erring' || state === 'caught'
        if (!isRunning) begin(task, n, 'requested', 'cancel requested')
        task.isRequested = true
        if (row.via > 0) {
          const via = find(row.via)
          via.passedOn ??= new Set()
          via.passedOn.add(row.task)
        }
        const from = row.via > 0 ? row.via : row.by > 0 ? row.by : row.source === 'TaskGroup' ? lastFailure : 0
        const label = row.via > 0 ? 'passed on' : row.by > 0 ? 'cancel()' : sourceName(row.source)
        if (from !== row.task) {
          arrow({ kind: 'request', fromTask: from, fromRow: n, toTask: row.task, toRow: n, label })
        }
        break
      }
      case 'taken-back': {
        const task = find(row.task)
        task.isRequested = false
        mark(row.task, { kind: 'taken-back', row: n, text: 'request taken back' })
        if (task.now?.state === 'erring') begin(task, n, 'running')
        break
      }
      case 'in-time':
        mark(row.task, {
          kind: 'in-time',
          row: n,
          text: `in time for ${Math.round((row.deadline - rows[0]!.time) * 100) / 100} ms`,
        })
        break
      case 'swallowed':
        mark(row.task, { kind: 'swallowed', row: n, text: '~ swallowed' })
        break
      case 'caught': {
        mark(row.task, { kind: 'caught', row: n, text: `${row.function} catch :${row.line}` })
        const task = find(row.task)
        const rethrown = ends.get(row.task)?.row.outcome === 'cancelled'
        if (task.now?.state === 'erring' && !rethrown) begin(task, n, 'caught')
        break
      }
      case 'finally':
        if (tasks.get(row.task)?.now?.state === 'erring') {
          mark(row.task, { kind: 'finally', row: n, text: `${row.function} finally :${row.line}` })
        }
        break
      case 'warning':
        mark(row.task, { kind: 'warning', row: n, text: `${row.task > 0 ? 'never awaited' : 'warning'} :${row.line}` })
        break
      case 'done': {
        const { lane, now } = find(row.task)
        if (lane === undefined) break
        if (now !== undefined) now.to = n
        lane.end = { row: n, outcome: row.outcome, error: row.error, isLost: lost.has(row.task) }
        if (row.outcome === 'threw') lastFailure = row.task
        break
      }
    }
  }

  function mark(task: number, it: Mark): void {
    if (it.row >= first) tasks.get(task)?.lane?.marks.push(it)
  }

  /**
   * A Task that waits through a gather or a group does not wait for a Task directly: the error came from the first Task
   * that ended with an error. A Task with a request of its own receives the error of another one only if it passed the
   * request on to it.
   */
  function failedChild({ by }: RowOf<'step'>, { told, isRequested, passedOn }: TaskSoFar): number {
    const outcome = by === 'cancel' ? 'cancelled' : 'threw'
    const isOwn = by === 'cancel' && isRequested
    return told?.find((task) => ends.get(task)?.row.outcome === outcome && (!isOwn || passedOn?.has(task))) ?? 0
  }

  /** Permits of a semaphore are tracked one by one, so each release ends the oldest permit of its Task. */
  function hold({ task, resource, action }: RowOf<'resource'>, n: number): void {
    const holders = open.get(resource) ?? []
    open.set(resource, holders)
    if (action === 'acquired') {
      const held = { resource, from: n, to: rows.length }
      tasks.get(task)?.lane?.held.push(held)
      holders.push({ task, held })
    }
    if (action !== 'released' && action !== 'handed-on') return
    const own = holders.findIndex((holder) => holder.task === task)
    const [released] = holders.splice(Math.max(own, 0), 1) // another one may release it
    if (released === undefined) return
    released.held.to = n
    const all = tasks.get(released.task)?.lane?.held
    if (n < first) all?.splice(all.indexOf(released.held), 1)
  }

  const lanes = [...tasks.values()].flatMap(({ lane }) => (lane === undefined ? [] : [lane]))
  return { recording, lanes: inTreeOrder(lanes), arrows, taskCount: names.size }
}

interface RowIndex {
  readonly names: ReadonlyMap<number, string>
  readonly ends: ReadonlyMap<number, { readonly n: number; readonly row: RowOf<'done'> }>
  readonly lost: ReadonlySet<number>
}

// Cached: rows do not change, and a page draws the same ones repeatedly.
const indexes = new WeakMap<readonly Row[], RowIndex>()

function indexOf(rows: readonly Row[]): RowIndex {
  const known = indexes.get(rows)
  if (known !== undefined) return known
  const ends = new Map<number, { readonly n: number; readonly row: RowOf<'done'> }>()
  const lost = new Set<number>()
  const created: RowOf<'created'>[] = []
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!
    if (row.kind === 'created') created.push(row)
    else if (row.kind === 'done') ends.set(row.task, { n, row })
    else if (row.kind === 'lost') lost.add(row.task)
  }
  const index = { names: nameTasks(created), ends, lost }
  indexes.set(rows, index)
  return index
}

function shortError(text: string): string {
  return /^(\w+)/.exec(text)?.[1] ?? 'error'
}

/** Tasks with the same name are distinguished by a number. */
export function nameTasks(rows: readonly Row[]): Map<number, string> {
  const counts = new Map<string, number>()
  const created: RowOf<'created'>[] = []
  for (const row of rows) {
    if (row.kind !== 'created') continue
    created.push(row)
    counts.set(row.name, (counts.get(row.name) ?? 0) + 1)
  }
  const seen = new Map<string, number>()
  const names = new Map<number, string>()
  for (const row of created) {
    const nth = (seen.get(row.name) ?? 0) + 1
    seen.set(row.name, nth)
    names.set(row.task, counts.get(row.name)! > 1 ? `${row.name} ${nth}` : row.name)
  }
  return names
}

function inTreeOrder(lanes: readonly Lane[]): Lane[] {
  const ordered: Lane[] = []
  const children = groupByParent(lanes)
  const known = new Set(lanes.map(({ task }) => task))
  const stack = lanes.filter(({ parent }) => !known.has(parent)).reverse()
  while (stack.length > 0) {
    const lane = stack.pop()!
    ordered.push(lane)
    stack.push(...[...(children.get(lane.task) ?? [])].reverse())
  }
  return ordered
}

function groupByParent(lanes: readonly Lane[]): Map<number, Lane[]> {
  const groups = new Map<number, Lane[]>()
  for (const lane of lanes) {
    const group = groups.get(lane.parent)
    if (group === undefined) groups.set(lane.parent, [lane])
    else group.push(lane)
  }
  return groups
}

/** A row that is not a stop of the cursor is shown together with the next stop. */
export function isStop({ kind }: Row): boolean {
  return kind !== 'ready' && kind !== 'told' && kind !== 'turn' && kind !== 'deadline'
}

function stops(rows: readonly Row[]): number[] {
  return rows.flatMap((row, n) => (isStop(row) ? [n] : []))
}
