// The state of a program after any row of its recording. Computed as a fold with key frames, so that moving back costs
// no more than moving forward.

import type { Position, Recording, Row, RowOf } from '../recording.ts'
import { nameTasks } from '../story/story.ts'
import { findWakers } from './wakers.ts'

/** A Task at one moment. */
export interface TaskState {
  readonly id: number
  readonly name: string
  /** The Task that created it; 0 if none. */
  readonly parent: number
  readonly status: 'ready' | 'running' | 'waiting' | 'returned' | 'threw' | 'cancelled'
  /** What a waiting Task waits for: a Task, or something with the name `label`. */
  readonly waitsFor: { readonly task: number; readonly label: string } | undefined
  /** The lines of a waiting Task, innermost last, as far as they are known. */
  readonly positions: readonly Position[]
  /** Whether a cancellation was requested, but its error has not reached the Task yet. */
  readonly isRequested: boolean
}

/** A lock, a semaphore or a queue at one moment. */
export interface ResourceState {
  /** The Tasks that hold it, or a permit of it. */
  readonly holders: readonly number[]
  /** The number of free permits, or the length of the queue. */
  readonly value: number
}

/** A timer at one moment. */
export interface TimerState {
  /** `sleep`: a Task sleeps until then; `deadline`: it is in a block with this time limit, such as a `timeout()`. */
  readonly kind: 'sleep' | 'deadline'
  readonly task: number
  /** When it is due, in ms on the loop's clock. */
  readonly time: number
}

/** The whole program at one moment. */
export interface ReplayState {
  /** The last row before this moment; -1 if there is none. */
  readonly at: number
  readonly time: number
  /** In the order in which they were created. */
  readonly tasks: ReadonlyMap<number, TaskState>
  /** The Tasks that run next, in the order in which they became ready. */
  readonly ready: readonly number[]
  /** The timers that are set, the next one first: those of `sleep()`, and the limits of `timeout()`. */
  readonly timers: readonly TimerState[]
  /** Locks, semaphores and queues that were used, by their names. */
  readonly resources: ReadonlyMap<string, ResourceState>
  readonly output: readonly { readonly text: string; readonly stream: 'out' | 'err' }[]
}

/**
 * How far to move: one row, one step of a Task, one iteration of the loop, one moment of time, or to the next
 * cancellation request. `turn` needs a recording with the option `turns`.
 */
export type ReplayUnit = 'event' | 'step' | 'turn' | 'time' | 'cancel'

/** A recording with a cursor. */
export interface Replay {
  readonly recording: Recording
  /** The row of the cursor; -1 at the start. */
  readonly cursor: number
  /** Moves the cursor, and returns the state there. */
  seek(row: number): ReplayState
  /** The state after a row. Does not move the cursor. */
  at(row: number): ReplayState
  /**
   * Moves the cursor to the next such place, or to the end if there is none. With `task`, only that Task's rows count,
   * and iterations in which it ran.
   */
  forward(unit?: ReplayUnit, task?: number): ReplayState
  /** Moves the cursor to the previous such place, or to the start if there is none. */
  back(unit?: ReplayUnit, task?: number): ReplayState
  /**
   * Moves the cursor back to what made a Task ready: the end of the Task it waited for, the cancellation request, the
   * timer, its creation, or the Task that completed what it waited for. The Task is `task`, or the one at the cursor.
   * Without such a row the cursor stays.
   */
  backToWaker(task?: number): ReplayState
  /** Moves the cursor to the first step of a Task that the row at the cursor made ready. If there is none, it stays. */
  forwardToWoken(): ReplayState
}

const KEY_FRAME = 512
const UNITS: readonly ReplayUnit[] = ['event', 'step', 'turn', 'time', 'cancel']

/**
 * Creates a replay of a recording, with the cursor at the start.
 *
 * @example
 * const run = replay(recording)
 * run.forward('cancel').tasks // when the first cancellation is requested
 */
export function replay(recording: Recording): Replay {
  return new RecordingReplay(recording, KEY_FRAME)
}

/** The same with a given distance of key frames, for tests. */
export function replayWithFrames(recording: Recording, rowsBetween: number): Replay {
  return new RecordingReplay(recording, rowsBetween)
}

class RecordingReplay implements Replay {
  readonly recording: Recording
  cursor = -1
  readonly #rows: readonly Row[]
  readonly #names: ReadonlyMap<number, string>
  readonly #output: { text: string; stream: 'out' | 'err' }[] = []
  /** Ordered by `at`, the first of them before any row. */
  readonly #frames: Frame[] = [new Frame()]
  #wakers: ReadonlyMap<number, number> | undefined

  constructor(recording: Recording, rowsBetween: number) {
    this.recording = recording
    this.#rows = recording.rows
    this.#names = nameTasks(this.#rows)
    const frame = new Frame()
    for (const [n, row] of this.#rows.entries()) {
      if (row.kind === 'print') this.#output.push({ text: row.text, stream: row.stream })
      frame.apply(row, n, this.#names)
      // A frame costs as much as there are Tasks, so many Tasks mean fewer frames.
      const last = this.#frames.at(-1)!
      if (n - last.at >= Math.max(rowsBetween, frame.tasks.size)) this.#frames.push(frame.copy())
    }
  }

  seek(row: number): ReplayState {
    const state = this.at(row)
    this.cursor = state.at
    return state
  }

  at(row: number): ReplayState {
    if (!Number.isInteger(row)) throw new RangeError(`replay: expected the number of a row, got ${String(row)}`)
    const to = Math.min(Math.max(row, -1), this.#rows.length - 1)
    const frame = this.#frameBefore(to).copy()
    for (let n = frame.at + 1; n <= to; n++) frame.apply(this.#rows[n]!, n, this.#names)
    const { at, time, tasks, ready, timers, deadlines, resources, printed } = frame
    const output = this.#output.slice(0, printed)
    return { at, time, tasks, ready: [...ready], timers: inOrder(timers, deadlines), resources, output }
  }

  forward(unit: ReplayUnit = 'event', task?: number): ReplayState {
    this.#checkUnit(unit)
    let n = this.cursor + 1
    while (n < this.#rows.length && !this.#isStop(n, unit, task)) n++
    return this.seek(n)
  }

  back(unit: ReplayUnit = 'event', task?: number): ReplayState {
    this.#checkUnit(unit)
    let n = this.cursor - 1
    while (n >= 0 && !this.#isStop(n, unit, task)) n--
    return this.seek(n)
  }

  backToWaker(task: number = this.#taskAt(this.cursor)): ReplayState {
    let n = this.cursor
    while (n >= 0 && !this.#isStop(n, 'step', task)) n--
    this.#wakers ??= findWakers(this.#rows)
    return this.seek(this.#wakers.get(n) ?? this.cursor)
  }

  forwardToWoken(): ReplayState {
    this.#wakers ??= findWakers(this.#rows)
    // Steps are in order.
    for (const [step, waker] of this.#wakers) {
      if (waker === this.cursor) return this.seek(step)
    }
    return this.seek(this.cursor)
  }

  /** The Task that runs at a row; otherwise the Task of the row; 0 if it has none. */
  #taskAt(n: number): number {
    const row = this.#rows[n]
    if (row === undefined) return 0
    const isOwn = row.kind === 'step' || row.kind === 'suspended' || row.kind === 'done'
    const running = isOwn ? undefined : [...this.at(n).tasks.values()].find(({ status }) => status === 'running')
    return running?.id ?? ('task' in row ? row.task : 0)
  }

  #checkUnit(unit: ReplayUnit): void {
    if (!UNITS.includes(unit)) {
      throw new TypeError(`replay: expected ${UNITS.map((name) => `'${name}'`).join(', ')}, got ${String(unit)}`)
    }
    if (unit !== 'turn' || this.#rows.length === 0 || this.#rows.some(({ kind }) => kind === 'turn')) return
    throw new TypeError(
      'replay: the recording does not say where an iteration of the loop ends; record it with the option turns: true',
    )
  }

  #frameBefore(row: number): Frame {
    let low = 0
    let high = this.#frames.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#frames[middle]!.at <= row) low = middle
      else high = middle - 1
    }
    return this.#frames[low]!
  }

  #isStop(n: number, unit: ReplayUnit, task: number | undefined): boolean {
    const row = this.#rows[n]!
    if (unit === 'turn') return row.kind === 'turn' && (task === undefined || this.#ranBefore(n, task))
    if (task !== undefined && !('task' in row && row.task === task)) return false
    switch (unit) {
      case 'event':
        return true
      case 'step':
        return row.kind === 'step'
      case 'cancel':
        return row.kind === 'cancelling'
      case 'time':
        return n === this.#rows.length - 1 || this.#rows[n + 1]!.time !== row.time
    }
  }

  /** Whether a Task ran in the iteration that ends at a row. */
  #ranBefore(end: number, task: number): boolean {
    for (let n = end - 1; n >= 0 && this.#rows[n]!.kind !== 'turn'; n--) {
      if (this.#isStop(n, 'step', task)) return true
    }
    return false
  }
}

/** The timers by their time; those of the same time in the order in which they were set. */
function inOrder(timers: ReadonlyMap<number, number>, deadlines: ReadonlyMap<number, readonly number[]>): TimerState[] {
  const all = Array.from(timers, ([task, time]): TimerState => ({ kind: 'sleep', task, time }))
  for (const [task, times] of deadlines) for (const time of times) all.push({ kind: 'deadline', task, time })
  // Not `a - b`, which is NaN for two that are never due.
  return all.sort((a, b) => (a.time < b.time ? -1 : +(a.time > b.time)))
}

class Frame {
  at = -1
  time = 0
  printed = 0
  readonly tasks: Map<number, TaskState>
  readonly ready: Set<number>
  /** When the timer of a sleeping Task is due. */
  readonly timers: Map<number, number>
  /** The limits of the blocks with a time limit in which a Task is. */
  readonly deadlines: Map<number, readonly number[]>
  readonly resources: Map<string, ResourceState>

  constructor(from?: Pick<Frame, 'tasks' | 'ready' | 'timers' | 'deadlines' | 'resources'>) {
    this.tasks = new Map(from?.tasks)
    this.ready = new Set(from?.ready)
    this.timers = new Map(from?.timers)
    this.deadlines = new Map(from?.deadlines)
    this.resources = new Map(from?.resources)
  }

  copy(): Frame {
    const { at, time, printed } = this
    return Object.assign(new Frame(this), { at, time, printed })
  }

  apply(row: Row, n: number, names: ReadonlyMap<number, string>): void {
    this.at = n
    this.time = row.time
    if (row.kind === 'ready' || row.kind === 'step' || row.kind === 'done') this.timers.delete(row.task)
    switch (row.kind) {
      case 'created':
        this.tasks.set(row.task, {
          id: row.task,
          name: names.get(row.task) ?? row.name,
          parent: row.parent,
          status: 'ready',
          waitsFor: undefined,
          positions: [],
          isRequested: false,
        })
        this.ready.add(row.task)
        break
      case 'ready':
        if (this.tasks.get(row.task)?.status !== 'waiting') break
        this.#change(row.task, { status: 'ready', waitsFor: undefined })
        this.ready.add(row.task)
        break
      case 'step':
        this.ready.delete(row.task)
        this.#change(row.task, { status: 'running', waitsFor: undefined, positions: [] })
        if (row.by === 'cancel') this.#change(row.task, { isRequested: false })
        break
      case 'suspended':
        this.#suspend(row.task, row.on, row.label, row.positions)
        break
      case 'cancelling':
        if (row.source === 'timeout' && row.via === 0) this.#dropDeadline(row.task, row.deadline)
        this.#change(row.task, { isRequested: true })
        break
      case 'taken-back':
        this.#change(row.task, { isRequested: false })
        break
      case 'done':
        this.ready.delete(row.task)
        this.deadlines.delete(row.task)
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
    const holders = [...(this.resources.get(resource)?.holders ?? [])]
    if (action === 'acquired') holders.push(task)
    // Another Task than the holder may release a semaphore.
    else if (action === 'released' || action === 'handed-on') holders.splice(Math.max(holders.indexOf(task), 0), 1)
    this.resources.set(resource, { holders, value })
  }

  #suspend(task: number, on: number, label: string, positions: readonly Position[]): void {
    // sleep(0) only waits for its turn.
    const isReady = label === 'sleep(0)'
    if (isReady) this.ready.add(task)
    else if (on === 0) this.#setTimer(task, label)
    this.#change(task, {
      status: isReady ? 'ready' : 'waiting',
      waitsFor: isReady ? undefined : { task: on, label },
      positions,
    })
  }

  #setTimer(task: number, label: string): void {
    const delay = Number(/^sleep\(([-+.\de]+|Infinity)\)$/.exec(label)?.[1])
    if (!Number.isNaN(delay)) this.timers.set(task, this.time + delay)
  }

  /** Task states are shared between frames, so they are replaced, never changed. */
  #change(task: number, change: Partial<TaskState>): void {
    const before = this.tasks.get(task)
    if (before !== undefined) this.tasks.set(task, { ...before, ...change })
  }
}
