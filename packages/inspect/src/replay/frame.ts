// One fold over the rows: the state of a program after each of them. All that is shown of a run is derived from it.

import type { Position, Row, RowOf } from '../recording.ts'
import type { RowIndex } from './row-index.ts'

/** The activity of a Task that has not ended. */
export type Activity =
  | 'ready'
  | 'running'
  | 'waiting'
  | 'requested' // a cancellation was requested, and its error has not arrived yet
  | 'erring' // runs while an error is in it
  | 'cleaning' // waits while an error is in it
  | 'caught' // continues after it caught an error
  | 'caught-waiting'

/** A Task at one moment. */
export interface TaskState {
  readonly id: number
  /** With a number if several have the same name. */
  readonly name: string
  /** The name without that number. */
  readonly givenName: string
  /** The Task that created it; 0 if none. */
  readonly parent: number
  readonly status: 'ready' | 'running' | 'waiting' | 'returned' | 'threw' | 'cancelled'
  /**
   * The awaitable of a waiting Task: a Task, or something with the name `label`, and the Tasks that a gather, a
   * group, … waits for.
   */
  readonly waitsFor: { readonly task: number; readonly label: string; readonly members: readonly number[] } | undefined
  /** The place of its current or last wait, or of the `catch` or `finally` it has entered since; innermost last. */
  readonly positions: readonly Position[]
  /** Whether a cancellation was requested, but its error has not reached the Task yet. */
  readonly isRequested: boolean
  /** The number of cancellation requests that were not retracted: `task.cancelling()`. */
  readonly requests: number
  /**
   * The fate of the last error that came into it: `inside` if it has just arrived or will leave the Task; `caught` if
   * the recording has its `catch`; undefined if there was none, or if it is unknown.
   */
  readonly error: 'inside' | 'caught' | undefined
  /** What it does, in one word, as pictures show it; undefined if it has ended. */
  readonly activity: Activity | undefined
  /** The row since which it does that. */
  readonly since: number
}

/** The name of the Task that a Task waits for, or `sleep(100)`, `Lock.acquire()`, …; '' if it does not wait. */
export function awaitedName({ waitsFor }: TaskState, tasks: ReadonlyMap<number, TaskState>): string {
  return waitsFor === undefined ? '' : (tasks.get(waitsFor.task)?.name ?? waitsFor.label)
}

/** Makes a Task ready to run. */
export interface Cause {
  /**
   * Its creation, the end of the Task that it waited for, the cancellation request, its own `sleep(0)`; otherwise the
   * `ready` row: a timer was due then, or another Task completed the awaitable.
   */
  readonly row: number
  /** The Task that ran at a `ready` row; 0 if none. */
  readonly by: number
  /** The awaitable. */
  readonly label: string
}

/** For the fold alone. */
export interface TaskFrame extends TaskState {
  /** The current wait, or the last one. */
  readonly wait: Wait
  /** The cause that ended the wait. */
  readonly ended: Cause | undefined
  /** The cause of its last step; undefined if the recording does not say. */
  readonly cause: Cause | undefined
  /** The row of the last cancellation request whose error has not arrived; -1 if there is none. */
  readonly request: number
  /** The Task that passed the last request on to it; 0 if none. */
  readonly via: number
  /** The row of the step at which the last error arrived. */
  readonly arrived: number
}

/** The wait of a Task. The numbers name Tasks that it waits for through a gather or a group; 0 means none. */
interface Wait {
  readonly label: string
  /** The first that failed, that was cancelled, and that was cancelled because this Task was. */
  readonly failed: number
  readonly cancelled: number
  readonly cancelledByIt: number
  /** The last that ended. */
  readonly told: { readonly task: number; readonly row: number; readonly time: number } | undefined
}

/** Represents several Tasks: the end of one of them wakes the Task that waits for it. */
const COMBINED = /^(?:gather|wait|asCompleted|shield|TaskGroup)\b/

function newWait(label: string): Wait {
  return { label, failed: 0, cancelled: 0, cancelledByIt: 0, told: undefined }
}

/** A lock, a semaphore or a queue at one moment. */
export interface ResourceState {
  /** The Tasks that hold it, or a permit of it. */
  readonly holders: readonly number[]
  /** Since which row each of these does. */
  readonly since: readonly number[]
  /** The number of free permits, or the length of the queue. */
  readonly value: number
}

function activityOf({ status, isRequested, error }: TaskState): Activity | undefined {
  if (status === 'running') return error === 'inside' ? 'erring' : (error ?? status)
  if (status !== 'ready' && status !== 'waiting') return undefined
  if (isRequested) return 'requested'
  if (status === 'ready' || error === undefined) return status
  return error === 'inside' ? 'cleaning' : 'caught-waiting'
}

/** The line at which a Task waits, or last waited; 0 if it is unknown. */
export function lineOf({ positions }: Pick<TaskState, 'positions'>): number {
  return positions.at(-1)?.line ?? 0
}

export class Frame {
  at = -1
  time = 0
  printed = 0
  /** The last Task that failed: a TaskGroup cancels because of it. */
  lastFailed = 0
  readonly tasks: Map<number, TaskFrame>
  readonly ready: Set<number>
  /** The Tasks whose steps run, each within the one before: an eager Task begins in the step of its creator. */
  readonly #running: number[]
  /** When the timer of a sleeping Task is due. */
  readonly timers: Map<number, number>
  /** The time limits of the blocks around a Task. */
  readonly deadlines: Map<number, readonly number[]>
  readonly resources: Map<string, ResourceState>

  constructor(from?: Frame) {
    this.tasks = new Map(from?.tasks)
    this.ready = new Set(from?.ready)
    this.#running = from === undefined ? [] : [...from.#running]
    this.timers = new Map(from?.timers)
    this.deadlines = new Map(from?.deadlines)
    this.resources = new Map(from?.resources)
  }

  /** The Task whose step it is; 0 between steps. */
  get running(): number {
    return this.#running.at(-1) ?? 0
  }

  copy(): Frame {
    const { at, time, printed, lastFailed } = this
    return Object.assign(new Frame(this), { at, time, printed, lastFailed })
  }

  apply(row: Row, n: number, index: RowIndex): void {
    const { names, ends, passedOn } = index
    this.at = n
    this.time = row.time
    if (row.kind === 'ready' || row.kind === 'step' || row.kind === 'done') this.timers.delete(row.task)
    switch (row.kind) {
      case 'created':
        this.tasks.set(row.task, {
          id: row.task,
          name: names.get(row.task) ?? row.name,
          givenName: row.name,
          parent: row.parent,
          status: 'ready',
          waitsFor: undefined,
          positions: [],
          isRequested: false,
          requests: 0,
          error: undefined,
          activity: 'ready',
          since: n,
          wait: newWait(''),
          ended: { row: n, by: row.parent, label: '' },
          cause: undefined,
          request: -1,
          via: 0,
          arrived: -1,
        })
        this.ready.add(row.task)
        break
      case 'ready':
        this.#wake(row.task, index)
        break
      case 'step':
        this.ready.delete(row.task)
        this.#running.push(row.task)
        this.#change(row.task, { status: 'running', waitsFor: undefined, cause: this.#causeOf(row, index) })
        if (row.by === 'cancel') this.#change(row.task, { isRequested: false, request: -1 })
        if (row.by === 'cancel' || row.by === 'error') this.#change(row.task, { error: 'inside', arrived: n })
        break
      case 'suspended': {
        const task = this.tasks.get(row.task)
        // The recording does not say whether it was caught in that step.
        if (task?.error === 'inside' && !passedOn.has(task.arrived)) this.#change(row.task, { error: undefined })
        this.#stop(row.task)
        this.#suspend(row)
        break
      }
      case 'joined': {
        const { waitsFor, since = n } = this.tasks.get(row.to) ?? {}
        if (waitsFor !== undefined)
          this.#change(row.to, { waitsFor: { ...waitsFor, members: [...waitsFor.members, row.task] }, since })
        break
      }
      case 'finally':
        this.#change(row.task, { positions: [row] })
        break
      case 'caught': {
        const task = this.tasks.get(row.task)
        this.#change(row.task, { positions: [row] })
        if (task?.error === 'inside' && !passedOn.has(task.arrived)) this.#change(row.task, { error: 'caught' })
        break
      }
      case 'told':
        this.#tell(row, ends.get(row.task)?.row.outcome)
        break
      case 'cancelling':
        if (row.source === 'timeout' && row.via === 0) this.#dropDeadline(row.task, row.deadline)
        this.#change(row.task, { isRequested: true, requests: row.count, request: n, via: row.via })
        break
      case 'taken-back': {
        const { error, requests = 0 } = this.tasks.get(row.task) ?? {}
        const kept = error === 'caught' ? error : undefined
        this.#change(row.task, { isRequested: false, requests: Math.max(requests - 1, 0), request: -1, error: kept })
        break
      }
      case 'done':
        this.#stop(row.task)
        this.ready.delete(row.task)
        this.deadlines.delete(row.task)
        if (row.outcome === 'threw') this.lastFailed = row.task
        this.#change(row.task, { status: row.outcome, waitsFor: undefined, positions: [], isRequested: false })
        break
      case 'resource':
        this.#use(row)
        break
      case 'deadline':
        if (row.action === 'dropped') this.#dropDeadline(row.task, row.deadline)
        else this.deadlines.set(row.task, [...(this.deadlines.get(row.task) ?? []), row.deadline])
        break
      case 'in-time':
        this.#dropDeadline(row.task, row.deadline)
        break
      case 'print':
        this.printed++
        break
    }
  }

  /** Two blocks of a Task may have the same limit. */
  #dropDeadline(task: number, deadline: number): void {
    const before = this.deadlines.get(task) ?? []
    const at = before.indexOf(deadline)
    if (at < 0) return
    const after = before.filter((_, n) => n !== at)
    if (after.length > 0) this.deadlines.set(task, after)
    else this.deadlines.delete(task)
  }

  #use({ resource, action, task, value }: RowOf<'resource'>): void {
    const { holders: before = [], since: rows = [] } = this.resources.get(resource) ?? {}
    const holders = [...before]
    const since = [...rows]
    if (action === 'acquired') {
      holders.push(task)
      since.push(this.at)
    } else if (action === 'released' || action === 'handed-on') {
      // Another Task than the holder may release a semaphore.
      const own = Math.max(holders.indexOf(task), 0)
      holders.splice(own, 1)
      since.splice(own, 1)
    }
    this.resources.set(resource, { holders, since, value })
  }

  #tell({ task, to }: RowOf<'told'>, outcome: string | undefined): void {
    const waiter = this.tasks.get(to)
    if (waiter === undefined) return
    const { wait, ended } = waiter
    const isFirst = (before: number, holds: boolean): number => (before === 0 && holds ? task : before)
    const failed = isFirst(wait.failed, outcome === 'threw')
    const cancelled = isFirst(wait.cancelled, outcome === 'cancelled')
    const byIt = outcome === 'cancelled' && this.tasks.get(task)?.via === to
    const cancelledByIt = isFirst(wait.cancelledByIt, byIt)
    const told = ended === undefined ? { task, row: this.at, time: this.time } : wait.told
    this.#change(to, { wait: { ...wait, failed, cancelled, cancelledByIt, told } })
  }

  #wake(id: number, { ends }: RowIndex): void {
    const task = this.tasks.get(id)
    if (task === undefined) return
    const { status } = task
    const { label, told } = task.wait
    let row = this.at
    if (told !== undefined && this.running === 0 && COMBINED.test(label)) {
      // A `wait()` with a time limit may be over before its Tasks.
      const isDue = label.startsWith('wait(') && told.time !== this.time
      if (!isDue) row = ends.get(told.task)?.n ?? row
    }
    const ended = task.ended ?? { row, by: this.running, label }
    if (status !== 'waiting') return this.#change(id, { ended })
    this.#change(id, { ended, status: 'ready', waitsFor: undefined })
    this.ready.add(id)
  }

  #causeOf({ task: id, from, by }: RowOf<'step'>, { ends }: RowIndex): Cause | undefined {
    const task = this.tasks.get(id)
    if (task === undefined) return undefined
    const { wait, request, ended } = task
    const { label } = wait
    const end = ends.get(from)?.n
    if (end !== undefined && end < this.at) return { row: end, by: 0, label }
    // A request goes first to the awaitable of the Task; if several Tasks end because of it, the last of them woke it.
    const isLater = request >= 0 && (!COMBINED.test(label) || request > (wait.told?.row ?? -1))
    return by === 'cancel' && isLater ? { row: request, by: 0, label } : ended
  }

  #stop(task: number): void {
    const at = this.#running.lastIndexOf(task)
    if (at >= 0) this.#running.splice(at, 1)
  }

  #suspend({ task, on, label, positions, members = [] }: RowOf<'suspended'>): void {
    // sleep(0) only waits for its turn.
    const isReady = label === 'sleep(0)'
    if (isReady) this.ready.add(task)
    else if (on === 0) this.#setTimer(task, label)
    this.#change(task, {
      status: isReady ? 'ready' : 'waiting',
      waitsFor: isReady ? undefined : { task: on, label, members },
      positions,
      wait: newWait(label),
      ended: isReady ? { row: this.at, by: 0, label } : undefined,
    })
  }

  #setTimer(task: number, label: string): void {
    const delay = Number(/^sleep\(([-+.\de]+|Infinity)\)$/.exec(label)?.[1])
    if (!Number.isNaN(delay)) this.timers.set(task, this.time + delay)
  }

  /** Task states are shared between frames, so they are replaced, never changed. */
  #change(id: number, change: Partial<TaskFrame>): void {
    const before = this.tasks.get(id)
    if (before === undefined || before.activity === undefined) return // it has ended
    const after = { ...before, ...change }
    const activity = activityOf(after)
    const isSame = activity === before.activity && change.waitsFor === undefined
    const since = change.since ?? (isSame ? before.since : this.at)
    this.tasks.set(id, { ...after, activity, since })
  }
}
