// The one list of what is wrong with a run, in sentences that name Tasks and resources. Pictures, accounts, `why`,
// `pstree` and the Lab read it. A running process is a recording that ends now.

import { grouped } from '../grouped.ts'
import { type Recording, type Row, type RowOf, rowsOf } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import { circlesOf } from './circles.ts'
import { awaitedName, type TaskState } from './frame.ts'
import { type Replay, type ReplayState, shownReplay } from './replay.ts'

/** Something that is wrong with a run. */
export interface Diagnosis {
  readonly kind:
    | 'deadlock'
    | 'lost wake-up'
    | 'lost item'
    | 'full queue'
    | 'stuck'
    | 'cancelled, not ended'
    | 'growing'
    | 'forgotten shield'
    | 'outlives its maker'
    | 'blocked loop'
    | 'starvation'
    | 'swallowed cancel'
    | 'lost error'
  /** A sentence without its full stop. */
  readonly text: string
  readonly tasks: readonly number[]
  /** The row from which it is certain. */
  readonly row: number
  /** The wake-up that was lost: the Task `by` woke `task` at that row. */
  readonly wake?: { readonly by: number; readonly task: number; readonly row: number }
}

/** A step of this length, in ms, blocks the loop. */
const SLOW = 50
/** How often the same Task acquires what another one waits for, until that starves. */
const OVERTAKEN = 3
/** What takes less time, in ms, or is less, is the ordinary course of a program. */
const [LONG, MANY, RECENT] = [5000, 100, 2000]
const MAX_NAMES = 4
const MAX_CIRCLE = 12
const ITSELF = 'which it holds itself'
const CUT_SHORT: ReadonlySet<string> = new Set(['cancelled', 'threw'])
const UNKNOWN = ', and nothing is left that could wake it'

/**
 * Finds the problems of a run. If the recording ends while the program runs, only certain ones.
 * @param now the time at which it is looked at, by the clock of the loop; by default that of the last row
 */
export function diagnose(recording: Recording, now: number = rowsOf(recording).at(-1)?.time ?? 0): Diagnosis[] {
  const run = shownReplay(recording)
  const state = endOf(run)
  return [
    ...lostErrors(run),
    ...stuck(run, state, now),
    ...cancelled(run, state, now),
    ...growing(run, state, now),
    ...left(run),
    ...blocked(run),
    ...starved(run),
    ...swallowed(run),
  ]
}

/** The state at the end of a run, before it cancels the Tasks that are left: that is never part of a cause. */
export function endOf(run: Replay): ReplayState {
  const { rows } = run.recording
  const ended = rows.findIndex(({ kind }) => kind === 'ended')
  if (ended >= 0) return run.at(ended)
  const last = rows.findLastIndex((row) => row.kind === 'created' && row.parent === 0)
  const cleanUp = rows.findIndex((row, n) => n > last && row.kind === 'cancelling' && row.source === 'run')
  return run.at(cleanUp < 0 ? rows.length - 1 : cleanUp - 1)
}

/** `a, b and c`; of many, only the first. */
export function list(names: readonly string[]): string {
  const shown =
    names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES - 1), `${names.length - MAX_NAMES + 1} more`] : names
  return shown.length <= 1 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

function nameOf({ index }: Replay, task: number): string {
  return index.names.get(task) ?? `Task ${task}`
}

function lostErrors(run: Replay): Diagnosis[] {
  const { rows } = run.recording
  const tasks = rows.flatMap((row) => (row.kind === 'lost' ? [row.task] : []))
  if (tasks.length === 0) return []
  const text = `Nothing received the ${tasks.length > 1 ? 'exceptions' : 'exception'} of ${list(tasks.map((task) => nameOf(run, task)))}`
  return [{ kind: 'lost error', text, tasks, row: rows.findIndex(({ kind }) => kind === 'lost') }]
}

function swallowed(run: Replay): Diagnosis[] {
  return run.recording.rows.flatMap((row, n): Diagnosis[] => {
    if (row.kind !== 'swallowed') return []
    const text = `${nameOf(run, row.task)} swallowed the cancellation: it continued as if nothing had been requested`
    return [{ kind: 'swallowed cancel', text, tasks: [row.task], row: n }]
  })
}

/** `Lock` and `acquire`, for the wait `Lock.acquire()`. */
export function operationIn(label: string): { readonly name?: string; readonly method?: string } {
  return /^(?<name>.+)\.(?<method>\w+)\(\)$/.exec(label)?.groups ?? {}
}

/** A wait of a Task for a lock, a queue, …: its name and the method. */
function resourceOf({ waitsFor }: TaskState): { readonly name: string; readonly method: string } | undefined {
  const { name, method } = operationIn(waitsFor?.label ?? '')
  return name === undefined || method === undefined || waitsFor?.task !== 0 ? undefined : { name, method }
}

/** Tasks that wait for each other in a closed loop. */
export function deadlocks(state: ReplayState): Diagnosis[] {
  const waiting = [...state.tasks.values()].filter(({ status }) => status === 'waiting')
  const circles = circlesOf(waiting, (task) => blockersOf(task, state).filter(({ status }) => status === 'waiting'))
  return circles.map((circle): Diagnosis => {
    const shown = circle.length > MAX_CIRCLE ? [...circle.slice(0, MAX_CIRCLE - 2), ...circle.slice(-1)] : circle
    const waits = shown.map((task) => describeWait(task, circle[(circle.indexOf(task) + 1) % circle.length]!))
    if (circle.length > MAX_CIRCLE) waits.splice(-1, 0, `${circle.length - MAX_CIRCLE + 1} more, each for the next`)
    const none = circle.length === 1 && waits[0]!.endsWith(ITSELF) ? 'it never' : 'none of them'
    const text = `${waits.join('; ')}: ${none} can continue`
    return { kind: 'deadlock', text, tasks: circle.map(({ id }) => id), row: state.at }
  })
}

/** Deadlocks; other Tasks that nothing wakes; and, if the run ended so, those of which the reason is unknown. */
function stuck(run: Replay, state: ReplayState, now: number): Diagnosis[] {
  const { rows } = run.recording
  const hasEnded = rows[state.at]?.kind === 'ended'
  const closed = deadlocks(state).map((one) => {
    const took = now - Math.max(...one.tasks.map((id) => rows[state.tasks.get(id)!.since]!.time))
    return took < 1000 ? one : { ...one, text: `${one.text}, for ${seconds(took)}` }
  })
  const found = [...closed, ...lostWakeUps(run, state, now)]
  const known = new Set(found.flatMap(({ tasks }) => tasks))
  const reasons = new Map<string, { kind: Diagnosis['kind']; tasks: TaskState[] }>()
  const uses = grouped(rows.filter((row) => row.kind === 'resource') as RowOf<'resource'>[], (row) => row.resource)
  for (const task of state.tasks.values()) {
    // The reason is the wait of its blocker.
    if (task.status !== 'waiting' || known.has(task.id) || isBlocked(task, state)) continue
    const [kind, reason] = (hasEnded ? reasonOf(task, state, uses) : certainReasonOf(task, state, uses, now)) ?? []
    if (kind === undefined || reason === undefined) continue
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

type Reason = [kind: Diagnosis['kind'], reason: string]
type Uses = ReadonlyMap<string, readonly RowOf<'resource'>[]>

/** Why nothing has woken a Task for long, although the program goes on; undefined if something may wake it. */
function certainReasonOf(task: TaskState, state: ReplayState, all: Uses, now: number): Reason | undefined {
  const { name = '', method = '' } = resourceOf(task) ?? {}
  const { holders = [], value = 0 } = state.resources.get(name) ?? {}
  const isThere = (id: number): boolean => state.tasks.get(id)?.activity !== undefined
  const uses = all.get(name) ?? []
  const isQuiet = now - (uses.at(-1)?.time ?? now) >= LONG
  const takers = uses.filter(({ action }) => action === 'got')
  switch (method) {
    case 'acquire': {
      const isLeft = name.startsWith('Lock') && holders.length > 0 && !holders.some(isThere)
      return isLeft || (value > 0 && isQuiet) ? reasonOf(task, state, all) : undefined
    }
    case 'get':
      return value > 0 && isQuiet ? reasonOf(task, state, all) : undefined
    case 'join': {
      const isWorking = (id: number): boolean => isThere(id) && state.tasks.get(id)?.waitsFor?.label !== `${name}.get()`
      if (value > 0 || !isQuiet || takers.length === 0 || takers.some((row) => isWorking(row.task))) return undefined
      return reasonOf(task, state, all)
    }
    case 'put': {
      const last = takers.at(-1)
      const since = now - (last ?? uses[0])!.time
      if (!isQuiet || value === 0 || since < LONG) return undefined
      const taker = last && state.tasks.get(last.task)
      const does = taker === undefined ? '' : `, and ${doing(taker, state)}`
      const who =
        last === undefined
          ? 'no Task has taken one'
          : `${taker?.name ?? 'plain code'} took the last one ${seconds(since)} ago${does}`
      return ['full queue', `room in ${name}, which holds ${value}: ${who}`]
    }
    default:
      return undefined
  }
}

/**
 * A Task that a Future woke was cancelled before it ran, and woke no other: what waits there since then was to be woken
 * by it. Locks and queues of Spindle wake the next one then; a lock of the program's own may not. Its own end and the
 * locks of Spindle that it releases wake other Tasks for another reason.
 */
function lostWakeUps(run: Replay, state: ReplayState, now: number): Diagnosis[] {
  const { rows } = run.recording
  if (!rows.some(({ kind }) => kind === 'cancelling')) return []
  const fold = run.frame(-1)
  const wakes = new Map<number, NonNullable<Diagnosis['wake']>>()
  const woken = new Map<number, { readonly request: RowOf<'cancelling'>; readonly place: string }>()
  const lost = new Map<string, { readonly request: RowOf<'cancelling'>; readonly row: number }>()
  for (const [n, row] of rows.slice(0, state.at + 1).entries()) {
    const task = 'task' in row ? fold.tasks.get(row.task) : undefined
    if (row.kind === 'cancelling' && task?.status === 'ready' && task.wait.label === 'future')
      woken.set(row.task, { request: row, place: lastLineOf(task) })
    else if (row.kind === 'ready' && task !== undefined) {
      if (task.waitsFor?.task !== fold.running && !task.wait.label.endsWith('.acquire()')) woken.delete(fold.running)
      wakes.set(row.task, { by: fold.running, task: row.task, row: n })
      if (task.wait.label === 'future') lost.delete(lastLineOf(task))
    } else if (row.kind === 'done') {
      const one = woken.get(row.task)
      woken.delete(row.task)
      if (one !== undefined && row.outcome === 'cancelled') lost.set(one.place, { request: one.request, row: n })
    }
    fold.apply(row, n, run.index)
  }
  const isDead = rows[state.at]?.kind === 'ended'
  const hasEnded = isDead || state.at < rows.length - 1
  const stuck = [...state.tasks.values()].filter(({ status }) => status === 'waiting')
  return [...lost].flatMap(([place, { request, row }]): Diagnosis[] => {
    const isThere = (one: TaskState): boolean => one.waitsFor?.label === 'future' && lastLineOf(one) === place
    // Without its line, a Future may be another one, unless nothing waits for anything else.
    const isAll = isDead && stuck.every((one) => isThere(one) || isBlocked(one, state))
    const ends = rows.slice(row, state.at).flatMap((one) => (one.kind === 'done' ? one.outcome : []))
    const isClosed = isAll && ends.every((outcome) => outcome === 'cancelled') // what came later did not pass, either
    const isSure = (one: TaskState): boolean => (one.since < row ? isAll || place !== '' : isClosed)
    const waiting = stuck.filter((one) => isThere(one) && isSure(one))
    if (waiting.length === 0 || !(hasEnded || now - rows[row]!.time >= LONG)) return []
    const who = state.tasks.get(request.by)?.name ?? request.canceller
    const cancelled = who === '' ? 'cancelled' : `cancelled by ${who}`
    const still = `${list(waiting.map((one) => one.name))} still ${waiting.length > 1 ? 'wait' : 'waits'} there`
    const task = state.tasks.get(request.task)!
    const text = `${task.name} was woken at ${place || 'a Future'}, ${cancelled} before it ran, and woke no other: ${still}`
    return [{ kind: 'lost wake-up', text, tasks: waiting.map(({ id }) => id), row, wake: wakes.get(task.id)! }]
  })
}

/** Where it waits: `acquire() pool.mjs:11`, or ''. */
function lastLineOf({ positions }: Pick<TaskState, 'positions'>): string {
  const at = positions.at(-1)
  return at === undefined ? '' : `${at.function}() ${at.place ?? `line ${at.line}`}`
}

/** `waits for Lock.acquire()`, `is ready`, `has failed` */
function doing(task: TaskState, { tasks }: Pick<ReplayState, 'tasks'>): string {
  if (task.waitsFor !== undefined) return `waits for ${awaitedName(task, tasks)}`
  return (
    { returned: 'has returned', threw: 'has failed', cancelled: 'was cancelled' }[task.status as string] ??
    `is ${task.status}`
  )
}

/** Tasks that were cancelled long ago. */
function cancelled({ recording: { rows } }: Replay, state: ReplayState, now: number): Diagnosis[] {
  const requests = new Map<number, RowOf<'cancelling'>>()
  for (const row of rows.slice(0, state.at + 1)) if (row.kind === 'cancelling') requests.set(row.task, row)
  const isLate = (row: RowOf<'cancelling'>): boolean =>
    now - row.time >= LONG && (state.tasks.get(row.task)?.requests ?? 0) > 0
  const late = [...requests.values()].filter((row) => isLate(row) && state.tasks.get(row.task)!.activity !== undefined)
  return [...grouped(late, (row) => `${row.by} ${doing(state.tasks.get(row.task)!, state)}`).values()].map((group) => {
    const [{ by, canceller, time }] = group as [RowOf<'cancelling'>]
    const tasks = group.map((row) => state.tasks.get(row.task)!)
    const who = state.tasks.get(by)?.name ?? canceller
    const were = tasks.length > 1 ? ['were', 'have not ended: each'] : ['was', 'has not ended: it']
    const text = `${list(tasks.map(({ name }) => name))} ${were[0]} cancelled${who === '' ? '' : ` by ${who}`} ${seconds(now - time)} ago, and ${were[1]} ${doing(tasks[0]!, state)}`
    return { kind: 'cancelled, not ended', text, tasks: tasks.map(({ id }) => id), row: state.at }
  })
}

/** Functions of which more and more Tasks are there, and none has ended. */
function growing({ recording: { rows } }: Replay, state: ReplayState, now: number): Diagnosis[] {
  if (state.tasks.size < MANY) return []
  const began = new Map(rows.flatMap((row) => (row.kind === 'created' ? [[row.task, row.time]] : [])))
  return [...grouped(state.tasks.values(), ({ givenName }) => family(givenName))].flatMap(
    ([name, all]): Diagnosis[] => {
      const [first, last] = [all[0]!, all.at(-1)!].map(({ id }) => now - began.get(id)!) as [number, number]
      if (all.length < MANY || first < LONG || last > RECENT || all.some(({ activity }) => activity === undefined))
        return []
      // Others may hold them up: those are the reason then.
      if (all.some((task) => isBlocked(task, state))) return []
      const count = all.length.toLocaleString('en')
      const text = `${count} Tasks ${name || 'without a name'} began in ${seconds(first)}, the last of them ${seconds(last)} ago, and none has ended`
      return [{ kind: 'growing', text, tasks: all.map(({ id }) => id), row: state.at }]
    },
  )
}

/** The name without a number at its end. */
export function family(name: string): string {
  return name.replace(/[-\s#]*\d+$/, '')
}

export function seconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}

/** Tasks that the end of the run had to cancel, because what was to wait for them did not. */
function left(run: Replay): Diagnosis[] {
  const { rows } = run.recording
  if (!rows.some((row) => row.kind === 'cancelling' && row.source === 'run')) return []
  const parents = new Map(rows.flatMap((row) => (row.kind === 'created' ? [[row.task, row.parent]] : [])))
  const shields = new Map<number, readonly number[]>()
  const behind = new Map<number, number>()
  const found: Diagnosis[] = []
  for (const [n, row] of rows.entries()) {
    if (row.kind === 'ended') break
    if (row.kind === 'suspended') {
      const { label, members = [], on } = row
      if (label === 'shield()') shields.set(row.task, members)
      else shields.delete(row.task)
      for (const id of [on, ...members]) behind.delete(id)
    } else if (row.kind === 'step' && row.by === 'cancel') {
      for (const id of shields.get(row.task) ?? []) behind.set(id, row.task)
    } else if (row.kind === 'cancelling' && row.source === 'run' && row.via === 0) {
      const { task } = row
      const maker = parents.get(task) ?? 0
      const by = behind.get(task)
      const isOutliving = (parents.get(maker) ?? 0) > 0 && (run.index.ends.get(maker)?.n ?? n) < n
      const [kind, text] =
        by !== undefined
          ? (['forgotten shield', `goes on behind the shield() of ${nameOf(run, by)}, which was cancelled`] as const)
          : (['outlives its maker', `outlives ${nameOf(run, maker)}, which made it`] as const)
      if (by !== undefined || isOutliving)
        found.push({ kind, text: `${nameOf(run, task)} ${text}: run() cancels it`, tasks: [task], row: n })
    }
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

/** Whether a Task that it waits for waits itself. */
function isBlocked(task: TaskState, state: ReplayState): boolean {
  return blockersOf(task, state).some(({ status }) => status === 'waiting')
}

function describeWait(task: TaskState, blocker: TaskState): string {
  const resource = resourceOf(task)
  if (resource === undefined) return `${task.name} waits for ${blocker.name}`
  const by = blocker.id === task.id ? ITSELF : `held by ${blocker.name}`
  return `${task.name} waits for ${resource.name}, ${by}`
}

/** Why nothing wakes a Task. */
function reasonOf(task: TaskState, { tasks, resources }: ReplayState, uses: Uses): Reason {
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
      const takers = (uses.get(name) ?? []).flatMap(({ action, task: id }) => (action === 'got' ? [id] : []))
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
      const { timers, ready } = run.at(step)
      const due = timers.filter(({ kind, time }) => kind === 'sleep' && time < row.time).map((timer) => timer.task)
      const late = [...new Set([...ready, ...due])].filter((id) => id !== task)
      const who =
        late.length === 0
          ? 'nothing else can run'
          : `${list(late.map((id) => nameOf(run, id)))} ${late.length > 1 ? 'are' : 'is'} late`
      const text = `${nameOf(run, task)} keeps the loop for ${toHundredths(row.time - from)} ms, from ${toHundredths(from - start)} ms on: ${who}`
      found.push({ kind: 'blocked loop', text, tasks: [task, ...late], row: n })
    }
    step = -1
  }
  return found
}

/** Tasks that wait for something that another Task gets again and again. */
function starved(run: Replay): Diagnosis[] {
  const waits = new Map<number, { readonly resource: string; readonly others: Map<number, number> }>()
  const found = new Map<number, Diagnosis>()
  for (const [n, row] of run.recording.rows.entries()) {
    if (row.kind === 'suspended') {
      const { name, method } = operationIn(row.label)
      if (name !== undefined && method === 'acquire') waits.set(row.task, { resource: name, others: new Map() })
    } else if (row.kind === 'step' || row.kind === 'done') waits.delete(row.task)
    else if (row.kind === 'resource' && row.action === 'acquired') {
      for (const [task, { resource, others }] of waits) {
        if (resource !== row.resource) continue
        const count = (others.get(row.task) ?? 0) + 1
        others.set(row.task, count)
        if (count < OVERTAKEN) continue
        const text = `${nameOf(run, task)} waits for ${resource}, which ${nameOf(run, row.task)} acquires ${count} times meanwhile`
        found.set(task, { kind: 'starvation', text, tasks: [task, row.task], row: n })
      }
    }
  }
  return [...found.values()]
}
