// The state of a program after any row of its recording. Computed as a fold with key frames, so that moving back costs
// no more than moving forward.

import { printableRecording } from '../printable.ts'
import { type Recording, type Row, rowsOf } from '../recording.ts'
import { Frame, type ResourceState, type TaskState } from './frame.ts'
import { indexOf, type RowIndex } from './row-index.ts'

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
  /** In order of creation. */
  readonly tasks: ReadonlyMap<number, TaskState>
  /** The Tasks that run next, in the order of becoming ready. */
  readonly ready: readonly number[]
  /** The timers that are set, the next one first: timers of `sleep()`, and limits of `timeout()`. */
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

const KEY_FRAME = 512
const UNITS: readonly ReplayUnit[] = ['event', 'step', 'turn', 'time', 'cancel']

/**
 * Creates a replay of a recording, with the cursor at the start: `replay(recording).forward('cancel').tasks` are the
 * Tasks when the first cancellation is requested.
 */
export function replay(recording: Recording): Replay {
  return new Replay(recording)
}

// Cached: a page draws the same recording repeatedly.
const shown = new WeakMap<Recording, Replay>()

/** The replay from which everything that is shown is derived: its texts are printable. */
export function shownReplay(recording: Recording): Replay {
  const run = shown.get(recording) ?? new Replay(printableRecording(recording))
  shown.set(recording, run).set(run.recording, run)
  return run
}

/** A recording with a cursor. */
export class Replay {
  readonly recording: Recording
  /** @internal */
  readonly index: RowIndex
  #cursor = -1
  readonly #rows: readonly Row[]
  readonly #output: { text: string; stream: 'out' | 'err' }[] = []
  /** Ordered by `at`, the first of them before any row. */
  readonly #frames: Frame[] = [new Frame()]

  /** @internal */
  constructor(recording: Recording, rowsBetween: number = KEY_FRAME) {
    this.recording = recording
    this.#rows = rowsOf(recording)
    this.index = indexOf(this.#rows)
    const frame = new Frame()
    for (const [n, row] of this.#rows.entries()) {
      if (row.kind === 'print') this.#output.push({ text: row.text, stream: row.stream })
      frame.apply(row, n, this.index)
      // A frame costs as much as there are Tasks, so many Tasks mean fewer frames.
      const last = this.#frames.at(-1)!
      if (n - last.at >= Math.max(rowsBetween, frame.tasks.size)) this.#frames.push(frame.copy())
    }
  }

  /** The row of the cursor; -1 at the start. */
  get cursor(): number {
    return this.#cursor
  }

  /** Moves the cursor, and returns the state there. */
  seek(row: number): ReplayState {
    const state = this.at(row)
    this.#cursor = state.at
    return state
  }

  /** The state after a row. Does not move the cursor. */
  at(row: number): ReplayState {
    if (!Number.isInteger(row)) throw new RangeError(`replay: expected the number of a row, got ${String(row)}`)
    const frame = this.frame(Math.min(Math.max(row, -1), this.#rows.length - 1))
    const { at, time, tasks, ready, timers, deadlines, resources, printed } = frame
    const output = this.#output.slice(0, printed)
    return { at, time, tasks, ready: [...ready], timers: inOrder(timers, deadlines), resources, output }
  }

  /** A copy of the state after a row. @internal */
  frame(row: number): Frame {
    const frame = this.#frameBefore(row).copy()
    for (let n = frame.at + 1; n <= row; n++) frame.apply(this.#rows[n]!, n, this.index)
    return frame
  }

  /**
   * Moves the cursor to the next such place, or to the end if there is none. With `task`, only that Task's rows count,
   * and iterations in which it ran.
   */
  forward(unit: ReplayUnit = 'event', task?: number): ReplayState {
    this.#checkUnit(unit)
    let n = this.cursor + 1
    while (n < this.#rows.length && !this.#isStop(n, unit, task)) n++
    return this.seek(n)
  }

  /** Moves the cursor to the previous such place, or to the start if there is none. */
  back(unit: ReplayUnit = 'event', task?: number): ReplayState {
    this.#checkUnit(unit)
    let n = this.cursor - 1
    while (n >= 0 && !this.#isStop(n, unit, task)) n--
    return this.seek(n)
  }

  /**
   * Moves the cursor back to what made a Task ready: the end of the Task it waited for, the cancellation request, the
   * timer, its creation, or the Task that completed what it waited for. The Task is `task`, or the one at the cursor.
   * Without such a row the cursor stays. `whatWoke()` says it in words.
   */
  backToWaker(task: number = this.taskAt(this.cursor)): ReplayState {
    return this.seek(this.frame(this.cursor).tasks.get(task)?.cause?.row ?? this.cursor)
  }

  /** The Task that runs at a row; otherwise the Task of the row; 0 if it has none. @internal */
  taskAt(n: number): number {
    const row = this.#rows[n]
    if (row === undefined) return 0
    return this.frame(n).running || ('task' in row ? row.task : 0)
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

/** The timers by time; timers of the same time in the order in which they were set. */
function inOrder(timers: ReadonlyMap<number, number>, deadlines: ReadonlyMap<number, readonly number[]>): TimerState[] {
  const all = Array.from(timers, ([task, time]): TimerState => ({ kind: 'sleep', task, time }))
  for (const [task, times] of deadlines) for (const time of times) all.push({ kind: 'deadline', task, time })
  // Not `a - b`, which is NaN for two that are never due.
  return all.sort((a, b) => (a.time < b.time ? -1 : +(a.time > b.time)))
}
