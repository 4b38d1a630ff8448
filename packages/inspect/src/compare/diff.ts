import { sayRow } from '../pictures/say-row.ts'
import { type Recording, type Row, rowsOf } from '../recording.ts'
import { FIELDS } from '../recording-file/fields.ts'
import { taskPaths } from './task-paths.ts'

/** The place where two runs differ. */
export interface Difference {
  /** The row, in both recordings: all rows before are the same. */
  readonly row: number
  /** The event of each, in words: `main/b waits for sleep(5)`; `the run is over`. */
  readonly a: string
  readonly b: string
}

/**
 * Returns the first row in which two runs of a program differ, or undefined if they are equal. Tasks are matched by
 * their paths, so their numbers may differ.
 */
export function diff(a: Recording, b: Recording): Difference | undefined {
  const length = Math.max(rowsOf(a).length, rowsOf(b).length)
  const [one, other] = [new NamedRun(a), new NamedRun(b)]
  for (let n = 0; n < length; n++) {
    if (one.key(n) !== other.key(n)) return { row: n, a: one.say(n), b: other.say(n) }
  }
  return undefined
}

class NamedRun {
  readonly recording: Recording
  readonly #paths: ReadonlyMap<number, string>
  readonly #start: number

  constructor(recording: Recording) {
    this.recording = recording
    this.#paths = taskPaths(recording)
    this.#start = recording.rows[0]?.time ?? 0
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
