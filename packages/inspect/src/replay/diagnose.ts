// The problems of a run, in sentences that name Tasks and resources: from the state at its end, and from single rows.

import type { Recording, Row } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import { circlesOf } from './circles.ts'
import type { TaskState } from './frame.ts'
import { type Replay, type ReplayState, shownReplay } from './replay.ts'

/** Something that is wrong with a run. */
export interface Diagnosis {
  readonly kind:
    | 'deadlock'
    | 'lost wake-up'
    | 'lost item'
    | 'stuck'
    | 'blocked loop'
    | 'starvation'
    | 'swallowed cancel'
    | 'lost error'
  /** A sentence without its full stop. */
  readonly text: string
  readonly tasks: readonly number[]
  /** The row from which it is certain. */
  readonly row: number
}

/** A step of this length, in ms, blocks the loop; asyncio reports the same. */
const SLOW = 100
/** How often the same Task acquires what another one waits for, until that starves. */
const OVERTAKEN = 3
const MAX_NAMES = 4
const CUT_SHORT: ReadonlySet<string> = new Set(['cancelled', 'threw'])
const UNKNOWN = ', and nothing is left that could wake it'

/** Finds the problems of a run. If the recording ends while the program runs, only certain ones. */
export function diagnose(recording: Recording): Diagnosis[] {
  const run = shownReplay(recording)
  return [...lostErrors(run), ...stuck(run), ...blocked(run), ...starved(run), ...swallowed(run)]
}

/** The state at the end of a run: before it cancels Tasks that nothing can wake. */
export function endOf(run: Replay): ReplayState {
  const { rows } = run.recording
  const ended = rows.findIndex(({ kind }) => kind === 'ended')
  return run.at(ended < 0 ? rows.length - 1 : ended)
}

/** `a, b and c`; of many, only the first. */
export function list(names: readonly string[]): string {
  const shown =
    names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES - 1), `${names.length - MAX_NAMES + 1} more`] : names
  return shown.length <= 1 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

function lostErrors({ recording: { rows }, index }: Replay): Diagnosis[] {
  const tasks = rows.flatMap((row) => (row.kind === 'lost' ? [row.task] : []))
  if (tasks.length === 0) return []
  const text = `Nothing received the ${tasks.length > 1 ? 'exceptions' : 'exception'} of ${list(tasks.map((task) => index.names.get(task) ?? `Task ${task}`))}`
  return [{ kind: 'lost error', text, tasks, row: rows.findIndex(({ kind }) => kind === 'lost') }]
}

function swallowed({ recording: { rows }, index }: Replay): Diagnosis[] {
  return rows.flatMap((row, n): Diagnosis[] => {
    if (row.kind !== 'swallowed') return []
    const text = `${index.names.get(row.task) ?? `Task ${row.task}`} swallowed the cancellation: it continued as if nothing had been requested`
    return [{ kind: 'swallowed cancel', text, tasks: [row.task], row: n }]
  })
}

/** A wait of a Task for a lock, a queue, …: its name and the method. */
function resourceOf({ waitsFor }: TaskState): { readonly name: string; readonly method: string } | undefined {
  const [, name, method] = /^(.+)\.(\w+)\(\)$/.exec(waitsFor?.label ?? '') ?? []
  return name === undefined || method === undefined || waitsFor?.task !== 0 ? undefined : { name, method }
}

/** Tasks that wait for each other in a closed loop. */
export function deadlocks(state: ReplayState): Diagnosis[] {
  const waiting = [...state.tasks.values()].filter(({ status }) => status === 'waiting')
  const circles = circlesOf(waiting, (task) => blockersOf(task, state).filter(({ status }) => status === 'waiting'))
  return circles.map(
    (circle): Diagnosis => ({
      kind: 'deadlock',
      text: `${circle.map((task, n) => describeWait(task, circle[(n + 1) % circle.length]!)).join('; ')}: none of them can continue`.replace(
        /^(.*which it holds itself): none of them/,
        '$1: it never',
      ),
      tasks: circle.map(({ id }) => id),
      row: state.at,
    }),
  )
}

/** Deadlocks; and, if the run ended so, other Tasks that nothing can wake. */
function stuck(run: Replay): Diagnosis[] {
  const { rows } = run.recording
  const state = endOf(run)
  const found = deadlocks(state)
  if (rows[state.at]?.kind !== 'ended') return found
  const known = new Set(found.flatMap(({ tasks }) => tasks))
  const reasons = new Map<string, { kind: Diagnosis['kind']; tasks: TaskState[] }>()
  for (const task of state.tasks.values()) {
    // The reason is the wait of its blocker.
    const isBlocked = blockersOf(task, state).some(({ status }) => status === 'waiting')
    if (task.status !== 'waiting' || known.has(task.id) || isBlocked) continue
    const [kind, reason] = reasonOf(task, state, rows)
    const same = reasons.get(reason)
    if (same === undefined) reasons.set(reason, { kind, tasks: [task] })
    else same.tasks.push(task)
  }
  const isNamed = (reason: string): boolean => !reason.endsWith(UNKNOWN)
  const isExplained = found.length > 0 || [...reasons.keys()].some(isNamed)
  for (const [reason, { kind, tasks }] of reasons) {
    if (isExplained && !isNamed(reason)) continue // such as the gather() of the others
    const verb = tasks.length > 1 ? 'wait' : 'waits'
    const text = `${list(tasks.map(({ name }) => name))} ${verb} for ${reason}`
    found.push({ kind, text, tasks: tasks.map(({ id }) => id), row: state.at })
  }
  return found
}

// Waits for all of its members; others, for one of them.
const NEEDS_ALL = /^(?:gather|shield|TaskGroup)\b/

/** The Tasks that a Task waits for: those it awaits, or the holder of its lock. Its wait ends when all are done. */
export function blockersOf(task: TaskState, { tasks, resources }: ReplayState): TaskState[] {
  const resource = resourceOf(task)
  const { task: on = 0, label = '', members = [] } = task.waitsFor ?? {}
  const holders = resources.get(resource?.name ?? '')?.holders ?? []
  const blockers =
    resource?.method === 'acquire' && holders.length === 1 ? holders : NEEDS_ALL.test(label) ? members : [on]
  return blockers.flatMap((id) => tasks.get(id) ?? [])
}

function describeWait(task: TaskState, blocker: TaskState): string {
  const resource = resourceOf(task)
  if (resource === undefined) return `${task.name} waits for ${blocker.name}`
  const by = blocker.id === task.id ? 'which it holds itself' : `held by ${blocker.name}`
  return `${task.name} waits for ${resource.name}, ${by}`
}

/** Why nothing wakes a Task. */
function reasonOf(
  task: TaskState,
  { tasks, resources }: ReplayState,
  rows: readonly Row[],
): [kind: Diagnosis['kind'], reason: string] {
  const { name, method } = resourceOf(task) ?? { name: task.waitsFor!.label, method: '' }
  const { holders = [], value = 0 } = resources.get(name) ?? {}
  const gone = holders.flatMap((id) => tasks.get(id) ?? []).filter(({ activity }) => activity === undefined)
  switch (method) {
    case 'acquire':
      if (value > 0) return ['lost wake-up', `${name}, which is free: a wake-up was lost`]
      if (gone.length > 0)
        return ['stuck', `${name}, held by ${list(gone.map((one) => one.name))}, which ended without releasing it`]
      return [
        'stuck',
        `${name}${holders.length > 0 ? `, held by ${list(holders.map((id) => tasks.get(id)?.name ?? 'plain code'))}` : ', and nobody releases it'}`,
      ]
    case 'get':
      if (value > 0) return ['lost wake-up', `an item of ${name}, which holds ${value}: a wake-up was lost`]
      return ['stuck', `an item of ${name}, and no Task is left that puts one`]
    case 'put':
      return ['stuck', `room in ${name}, which holds ${value}, and no Task is left that takes one`]
    case 'join': {
      if (value > 0)
        return ['stuck', `the end of ${name}, which still holds ${value}, and no Task is left that takes them`]
      const missing = `the end of ${name}: all items were taken, and taskDone() is missing for some`
      const takers = rows.flatMap((row) =>
        row.kind === 'resource' && row.action === 'got' && row.resource === name ? [row.task] : [],
      )
      const lost = [...new Set(takers)]
        .flatMap((id) => tasks.get(id) ?? [])
        .filter(({ status }) => CUT_SHORT.has(status))
      if (lost.length === 0) return ['stuck', missing]
      return ['lost item', `${missing}; ${list(lost.map((one) => one.name))} took one, and did not return`]
    }
    case 'wait':
      return ['stuck', `${name}, and no Task is left that wakes it`]
    default:
      return ['stuck', `${task.waitsFor!.label}${UNKNOWN}`]
  }
}

/** Steps that keep the loop, and who is late because of them. */
function blocked(run: Replay): Diagnosis[] {
  const { rows } = run.recording
  const start = rows[0]?.time ?? 0
  const found: Diagnosis[] = []
  let step = -1
  for (const [n, row] of rows.entries()) {
    if (row.kind === 'step') step = n
    if ((row.kind !== 'suspended' && row.kind !== 'done') || step < 0) continue
    const { task, time: from } = rows[step] as Row & { readonly kind: 'step' }
    if (row.task === task && row.time - from >= SLOW) {
      const { timers, ready, tasks } = run.at(step)
      const due = timers.filter(({ kind, time }) => kind === 'sleep' && time < row.time).map((timer) => timer.task)
      const late = [...new Set([...ready, ...due])].filter((id) => id !== task)
      const name = (id: number): string => tasks.get(id)?.name ?? `Task ${id}`
      const who =
        late.length === 0 ? 'nothing else can run' : `${list(late.map(name))} ${late.length > 1 ? 'are' : 'is'} late`
      const text = `${name(task)} keeps the loop for ${toHundredths(row.time - from)} ms, from ${toHundredths(from - start)} ms on: ${who}`
      found.push({ kind: 'blocked loop', text, tasks: [task, ...late], row: n })
    }
    step = -1
  }
  return found
}

/** Tasks that wait for something that another Task gets again and again. */
function starved(run: Replay): Diagnosis[] {
  const { recording, index } = run
  const waits = new Map<number, { readonly resource: string; readonly others: Map<number, number> }>()
  const found = new Map<number, Diagnosis>()
  for (const [n, row] of recording.rows.entries()) {
    if (row.kind === 'suspended') {
      const [, resource] = /^(.+)\.acquire\(\)$/.exec(row.label) ?? []
      if (resource !== undefined) waits.set(row.task, { resource, others: new Map() })
    } else if (row.kind === 'step' || row.kind === 'done') waits.delete(row.task)
    else if (row.kind === 'resource' && row.action === 'acquired') {
      for (const [task, { resource, others }] of waits) {
        if (resource !== row.resource) continue
        const count = (others.get(row.task) ?? 0) + 1
        others.set(row.task, count)
        if (count < OVERTAKEN) continue
        const name = (id: number): string => index.names.get(id) ?? `Task ${id}`
        const text = `${name(task)} waits for ${resource}, which ${name(row.task)} acquires ${count} times meanwhile`
        found.set(task, { kind: 'starvation', text, tasks: [task, row.task], row: n })
      }
    }
  }
  return [...found.values()]
}
