import type { Position, Row } from '../recording.ts'
import { FIELDS, isDefault, KINDS, MAX_STRINGS } from './fields.ts'

/**
 * Writes the lines of a recording one after another. A text is written in full where it first occurs, and later as its
 * number.
 */
export class RowWriter {
  rows = 0
  readonly #strings = new Map<string, number>()
  #time = 0

  header(): string {
    return `${JSON.stringify({ spindle: 1, kinds: KINDS })}\n`
  }

  /** @param time the time to write instead of that of the row */
  line(row: Row, time: number = row.time): string {
    this.rows++
    const fields = FIELDS[row.kind]
    const values = row as unknown as Record<string, unknown>
    let count = fields.length
    while (count > 0 && isDefault(values[fields[count - 1]![0]], fields[count - 1]![1])) count--
    let text = `[${this.#since(time)},${KINDS.indexOf(row.kind)}`
    for (let n = 0; n < count; n++) {
      const [name, type] = fields[n]!
      const value = values[name]
      if (type === 'positions') {
        text += `,[${(value as Position[]).map((at) => `[${this.#string(at.function)},${at.line}]`).join()}]`
      } else if (type === 'tasks') {
        text += `,[${value}]`
      } else {
        text += typeof value === 'string' ? `,${this.#string(value)}` : `,${value}`
      }
    }
    return `${text}]\n`
  }

  footer(dropped: number): string {
    return `${JSON.stringify({ rows: this.rows, dropped })}\n`
  }

  /** The µs since the previous row, if that is exact; otherwise the time itself. */
  #since(time: number): string {
    const delta = Math.round((time - this.#time) * 1000)
    const isExact = addMicroseconds(this.#time, delta) === time && !Object.is(time, -0)
    this.#time = time
    return isExact ? `${delta}` : `[${JSON.stringify(time)}]`
  }

  #string(text: string): string | number {
    const known = this.#strings.get(text)
    if (known !== undefined) return known
    if (this.#strings.size < MAX_STRINGS) this.#strings.set(text, this.#strings.size)
    return JSON.stringify(text)
  }
}

/** A time of a recording: a clock may have more digits, but they are noise, and would double the size of a file. */
export function toMicroseconds(time: number): number {
  return Math.round(time * 1000) / 1000
}

/** A time as pictures and texts show it. */
export function toHundredths(time: number): number {
  return Math.round(time * 100) / 100
}

/** The time `delta` µs after `time` ms. Writer and reader calculate it in the same way. */
export function addMicroseconds(time: number, delta: number): number {
  return delta === 0 ? time : Math.round(time * 1000 + delta) / 1000
}
