// A program that crashes leaves a recording without a footer, and perhaps with half a line. Therefore only the last
// line may be broken, and only if no line break follows it.

import { printable } from '../printable.ts'
import type { FieldType, Position, Recording, Row } from '../recording.ts'
import { defaultOf, FIELDS, MAX_STRINGS } from './fields.ts'
import { addMicroseconds } from './row-writer.ts'

/** An error in a recording: something that cannot be read, or that cannot happen in a run. */
export interface RecordingProblem {
  /** The line of the file, from 1. */
  readonly line: number
  readonly message: string
}

/**
 * Reads a recording that `formatRecording()` wrote, even if it was cut off anywhere. Unknown kinds and unknown trailing
 * fields are skipped.
 *
 * @throws {SyntaxError} for text that is not a recording. The message names the first invalid line.
 */
export function parseRecording(text: string): Recording {
  const { recording, problems } = read(text)
  const first = problems[0]
  if (first !== undefined) throw new SyntaxError(`line ${first.line} of the recording: ${first.message}`)
  return recording
}

/** Lists all errors in the text of a recording. The list is empty if `parseRecording()` can read it. */
export function validate(text: string): RecordingProblem[] {
  return read(text).problems
}

function read(text: string): { recording: Recording; problems: RecordingProblem[] } {
  if (typeof text !== 'string') throw new TypeError(`the text of a recording was expected, got ${typeof text}`)
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
  if (line === 0)
    reader.problems.push({ line: 1, message: 'the text is empty; a recording begins with {"spindle":1,…}' })
  return { recording: { version: 1, rows: reader.rows, dropped: reader.dropped }, problems: reader.problems }
}

class Reader {
  readonly rows: Row[] = []
  readonly problems: RecordingProblem[] = []
  dropped = 0
  /** The header shows that the rest cannot be understood. */
  isUnreadable = false
  #time = 0
  #kinds: readonly unknown[] = []
  readonly #strings: string[] = []
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
    const kinds = field(value, 'kinds')
    if (version === 1 && Array.isArray(kinds)) {
      this.#kinds = kinds
      return undefined
    }
    this.isUnreadable = true
    if (typeof version === 'number' && version > 1)
      return `its format has version ${version}, and this reader knows version 1: update @spindle/inspect`
    return `expected the header {"spindle":1,"kinds":[…]}, got ${excerpt(JSON.stringify(value))}`
  }

  #footer(value: unknown): string | undefined {
    const dropped = field(value, 'dropped')
    if (dropped === undefined) return undefined // of a later version
    if (!isCount(dropped)) return `expected the number of dropped rows, got ${excerpt(JSON.stringify(dropped))}`
    this.dropped = dropped
    return undefined
  }

  #row([since, number, ...values]: readonly unknown[]): string | undefined {
    if (Number.isSafeInteger(since)) this.#time = addMicroseconds(this.#time, since as number)
    else if (Array.isArray(since) && typeof since[0] === 'number') this.#time = since[0]
    else return `expected µs since the row before, or [ms], got ${excerpt(JSON.stringify(since))}`
    if (!isCount(number) || number >= this.#kinds.length)
      return `expected the number of a kind, got ${excerpt(JSON.stringify(number))}`
    const kind = this.#kinds[number]
    if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return this.#skip(values) // of a later version
    const row: Record<string, unknown> = { time: this.#time, kind }
    const fields = FIELDS[kind as Row['kind']]
    for (const [n, [name, type]] of fields.entries()) {
      if (type === 'tasks' && n >= values.length) continue
      const value = n < values.length ? this.#value(values[n], type) : defaultOf(type)
      if (value === undefined)
        return `${kind}: expected ${describeType(type)} as ${name}, got ${excerpt(JSON.stringify(values[n]))}`
      row[name] = value
    }
    this.#skip(values.slice(fields.length))
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

  #value(value: unknown, type: FieldType): unknown {
    if (type === 'task') return isCount(value) ? value : undefined
    if (type === 'number') return typeof value === 'number' ? value : undefined
    if (type === 'positions') return this.#positions(value)
    if (type === 'tasks') return Array.isArray(value) && value.every(isCount) ? value : undefined
    const text = this.#text(value)
    return type === 'string' || type.includes(text ?? '') ? text : undefined
  }

  /** A text, or the number of an earlier one. */
  #text(value: unknown): string | undefined {
    if (typeof value === 'number') return this.#strings[value]
    if (typeof value !== 'string') return undefined
    if (this.#strings.length < MAX_STRINGS) this.#strings.push(value)
    return value
  }

  #positions(value: unknown): unknown {
    if (!Array.isArray(value)) return undefined
    const read: Position[] = []
    for (const at of value) {
      const name = Array.isArray(at) ? this.#text(at[0]) : undefined
      if (name === undefined || typeof at[1] !== 'number') return undefined
      read.push({ function: name, line: at[1] })
    }
    return read
  }

  /** Unknown fields may still contain texts, which are numbered, too. */
  #skip(values: readonly unknown[]): undefined {
    for (const value of values) {
      if (typeof value === 'string') this.#text(value)
      else if (Array.isArray(value)) this.#skip(value)
    }
  }
}

function describeType(type: FieldType): string {
  if (typeof type !== 'string') return type.map((name) => `'${name}'`).join(' or ')
  return {
    task: 'the number of a Task',
    number: 'a number',
    string: 'a text, or the number of one',
    positions: '[function, line] pairs',
    tasks: 'the numbers of Tasks',
  }[type]
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
  const shown = printable(text.slice(0, 60))
  return text.length > 60 ? `${shown.slice(0, 59)}…` : text === '' ? 'an empty line' : shown
}
