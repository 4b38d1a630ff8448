// A program that crashes leaves a recording without its footer, and perhaps with half a line. So only the last line may be
// broken, and only when no line break follows it.

import type { Recording, Row } from '../recording.ts'
import { FIELDS, type FieldType } from './fields.ts'

/** Something in a recording that cannot be read, or that no run can do. */
export interface RecordingProblem {
  /** The line of the file, from 1. */
  readonly line: number
  readonly message: string
}

/**
 * Reads a recording that `formatRecording()` wrote, also one that was cut off at any place. Kinds and trailing fields it does not
 * know are skipped.
 *
 * @throws {SyntaxError} for text that is not a recording. The message names the first line that is wrong.
 */
export function parseRecording(text: string): Recording {
  const { recording, problems } = read(text)
  const first = problems[0]
  if (first !== undefined) throw new SyntaxError(`line ${first.line} of the recording: ${first.message}`)
  return recording
}

/** Finds all that is wrong with the text of a recording. The list is empty if `parseRecording()` reads it. */
export function validate(text: string): RecordingProblem[] {
  return read(text).problems
}

function read(text: string): { recording: Recording; problems: RecordingProblem[] } {
  const reader = new Reader()
  let line = 0
  for (let from = 0; from < text.length; ) {
    const lineBreak = text.indexOf('\n', from)
    const isWhole = lineBreak !== -1
    const to = isWhole ? lineBreak : text.length
    reader.read(++line, text.slice(from, to), isWhole)
    if (reader.isUnreadable) break
    from = to + 1
  }
  if (line === 0) reader.problems.push({ line: 1, message: 'the text is empty; a recording begins with {"spindle":1}' })
  return { recording: { version: 1, rows: reader.rows, dropped: reader.dropped }, problems: reader.problems }
}

class Reader {
  readonly rows: Row[] = []
  readonly problems: RecordingProblem[] = []
  dropped = 0
  /** The header says that nothing after it can be understood. */
  isUnreadable = false
  #sequence = 0
  readonly #created = new Set<number>()

  read(line: number, text: string, isWhole: boolean): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      if (isWhole || (line === 1 && !isStartOfHeader(text))) this.#problem(line, `expected JSON, got ${excerpt(text)}`)
      if (line === 1) this.isUnreadable = true
      return
    }
    const problem = line === 1 ? this.#header(value) : Array.isArray(value) ? this.#row(value) : this.#footer(value)
    if (problem !== undefined) this.#problem(line, problem)
  }

  #problem(line: number, message: string): void {
    this.problems.push({ line, message })
  }

  #header(value: unknown): string | undefined {
    const version = field(value, 'spindle')
    if (version === 1) return undefined
    this.isUnreadable = true
    if (typeof version === 'number' && version > 1)
      return `its format has version ${version}, and this reader knows version 1: update @spindle/inspect`
    return `expected the header {"spindle":1}, got ${excerpt(JSON.stringify(value))}`
  }

  #footer(value: unknown): string | undefined {
    const dropped = field(value, 'dropped')
    if (dropped === undefined) return undefined // of a later version
    if (!isCount(dropped)) return `expected the number of dropped rows, got ${excerpt(JSON.stringify(dropped))}`
    this.dropped = dropped
    return undefined
  }

  #row([sequence, time, kind, ...values]: readonly unknown[]): string | undefined {
    if (!isCount(sequence) || sequence <= this.#sequence)
      return `expected a number greater than ${this.#sequence} in front, got ${excerpt(JSON.stringify(sequence))}`
    this.#sequence = sequence
    if (typeof time !== 'number') return `expected the time in ms, got ${excerpt(JSON.stringify(time))}`
    if (typeof kind !== 'string') return `expected the kind of the row, got ${excerpt(JSON.stringify(kind))}`
    if (!Object.hasOwn(FIELDS, kind)) return undefined // of a later version
    const row: Record<string, unknown> = { time, kind }
    for (const [n, [name, type]] of FIELDS[kind as Row['kind']].entries()) {
      const value = read1(values[n], type)
      if (value === undefined)
        return `${kind}: expected ${describe(type)} as ${name}, got ${excerpt(JSON.stringify(values[n]))}`
      row[name] = value
    }
    const read = row as unknown as Row
    if (read.kind === 'created') {
      if (read.task === 0 || this.#created.has(read.task)) return `created: there is a Task ${read.task} already`
      if (read.parent >= read.task)
        return `created: Task ${read.task} cannot be made by a later one, Task ${read.parent}`
      this.#created.add(read.task)
    }
    this.rows.push(read)
    return undefined
  }
}

function read1(value: unknown, type: FieldType): unknown {
  switch (type) {
    case 'task':
      return isCount(value) ? value : undefined
    case 'number':
    case 'string':
      return typeof value === type ? value : undefined
    case 'positions':
      return positions(value)
    default:
      return (type as readonly unknown[]).includes(value) ? value : undefined
  }
}

function positions(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined
  const read = value.map((at: unknown) =>
    Array.isArray(at) && typeof at[0] === 'string' && typeof at[1] === 'number'
      ? { function: at[0], line: at[1] }
      : undefined,
  )
  return read.includes(undefined) ? undefined : read
}

function describe(type: FieldType): string {
  if (typeof type !== 'string') return type.map((name) => `'${name}'`).join(' or ')
  return { task: 'the number of a Task', number: 'a number', string: 'a string', positions: '[function, line] pairs' }[
    type
  ]
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function isStartOfHeader(text: string): boolean {
  const header = '{"spindle":'
  return header.startsWith(text) || text.startsWith(header)
}

function excerpt(text: string | undefined): string {
  if (text === undefined) return 'nothing'
  return text.length > 60 ? `${text.slice(0, 59)}…` : text === '' ? 'an empty line' : text
}
