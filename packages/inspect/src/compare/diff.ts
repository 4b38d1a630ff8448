import { sayRow } from '../pictures/say-row.ts'
import { type Recording, type Row, rowsOf } from '../recording.ts'
import { FIELDS } from '../recording-file/fields.ts'
import { taskPaths } from './task-paths.ts'

/** The place where two runs differ. */
export interface Difference {
  /** The row in each of the two recordings; one past the end if there is none. */
  readonly rows: readonly [a: number, b: number]
  /** The event, in words: `main/b waits for sleep(5)`; `the run is over`. */
  readonly a: string
  readonly b: string
}

/** How two runs differ. */
export interface RunDiff {
  /** The first row in which the runs differ; undefined if they are equal. */
  readonly first: Difference | undefined
  /** The first differing row of each Task that is in both, by path, such as `main/b`. */
  readonly tasks: ReadonlyMap<string, Difference>
  /** The paths of Tasks that only one of them has. */
  readonly onlyInA: readonly string[]
  readonly onlyInB: readonly string[]
}

/** Compares two runs of a program. Tasks are matched by their paths, so it does not matter that numbers differ. */
export function diff(a: Recording, b: Recording): RunDiff {
  const [one, other] = [new NamedRun(a), new NamedRun(b)]
  const tasks = new Map<string, Difference>()
  for (const [path, rows] of one.byTask) {
    const difference = firstDifference(one, rows, other, other.byTask.get(path) ?? [])
    if (other.byTask.has(path) && difference !== undefined) tasks.set(path, difference)
  }
  return {
    first: firstDifference(one, [...a.rows.keys()], other, [...b.rows.keys()]),
    tasks,
    onlyInA: [...one.byTask.keys()].filter((path) => !other.byTask.has(path)),
    onlyInB: [...other.byTask.keys()].filter((path) => !one.byTask.has(path)),
  }
}

class NamedRun {
  readonly recording: Recording
  readonly byTask = new Map<string, number[]>()
  readonly #paths: ReadonlyMap<number, string>
  readonly #start: number

  constructor(recording: Recording) {
    const rows = rowsOf(recording)
    this.recording = recording
    this.#paths = taskPaths(recording)
    this.#start = rows[0]?.time ?? 0
    for (const path of this.#paths.values()) this.byTask.set(path, [])
    for (const [n, row] of rows.entries()) {
      if ('task' in row) this.byTask.get(this.#path(row.task))?.push(n)
    }
  }

  /** A text that is equal for rows that mean the same in different runs. */
  key(n: number): string {
    const row = this.recording.rows[n] as unknown as Record<string, unknown> | undefined
    if (row === undefined) return ''
    const kind = row['kind'] as Row['kind']
    const fields = FIELDS[kind].map(([name, type]) =>
      type === 'task'
        ? this.#path(row[name] as number)
        : name === 'deadline'
          ? this.#timeOf(row[name] as number)
          : row[name],
    )
    // The default name of a Task contains a number.
    if (kind === 'created') fields[2] = ''
    return JSON.stringify([this.#timeOf(row['time'] as number), kind, ...fields])
  }

  say(n: number): string {
    const row = this.recording.rows[n]
    if (row === undefined) return 'the run is over'
    return `${this.#timeOf(row.time)} ms: ${sayRow(row, (task) => this.#path(task) || 'plain code', this.#start)}`
  }

  /** In ms since the first row: the clock of a real loop does not begin at 0. */
  #timeOf(time: number): number {
    return Math.round((time - this.#start) * 1000) / 1000
  }

  #path(task: number): string {
    return task === 0 ? '' : (this.#paths.get(task) ?? `Task ${task}`)
  }
}

function firstDifference(
  a: NamedRun,
  rowsA: readonly number[],
  b: NamedRun,
  rowsB: readonly number[],
): Difference | undefined {
  const length = Math.max(rowsA.length, rowsB.length)
  for (let n = 0; n < length; n++) {
    const rows = [rowsA[n] ?? a.recording.rows.length, rowsB[n] ?? b.recording.rows.length] as const
    if (a.key(rows[0]) !== b.key(rows[1])) return { rows, a: a.say(rows[0]), b: b.say(rows[1]) }
  }
  return undefined
}
