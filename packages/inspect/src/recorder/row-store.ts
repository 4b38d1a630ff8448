// Rows as numbers, one after another: 12 bytes and 4 for each field, where an object takes 100. Each row is
//
//   kind | time, a double in two numbers | its fields, as FIELDS lists them: numbers, or places in the table of values

import type { Row } from '../recording.ts'
import { FIELDS, KINDS } from '../recording-file/fields.ts'
import { toMicroseconds } from '../recording-file/row-writer.ts'

const FIRST_SIZE = 4096
const WIDTHS = KINDS.map((kind) => 3 + FIELDS[kind].length)
// Numbers other than small integers are in the table; their index is stored as a negative number.
const MAX_INTEGER = 2 ** 30

/** Rows of a recording, in little memory. They are read in order. */
export class RowStore {
  length = 0
  #numbers = new Int32Array(FIRST_SIZE)
  #used = 0
  readonly #values: unknown[] = []
  readonly #indexes = new Map<unknown, number>()
  readonly #time = new Float64Array(1)
  readonly #timeParts = new Int32Array(this.#time.buffer)

  /** Begins a row. Calls of `number` or `text` for each of its fields must follow, in order. */
  begin(kind: number, time: number): void {
    if (this.#used + 16 > this.#numbers.length) this.#grow()
    this.length++
    this.#time[0] = toMicroseconds(time)
    this.#numbers[this.#used] = kind
    this.#numbers[this.#used + 1] = this.#timeParts[0]!
    this.#numbers[this.#used + 2] = this.#timeParts[1]!
    this.#used += 3
  }

  number(value: number): void {
    const isSmall = Number.isInteger(value) && value >= 0 && value < MAX_INTEGER
    this.#numbers[this.#used++] = isSmall ? value : -1 - this.#indexOf(value)
  }

  text(value: string | undefined): void {
    this.#numbers[this.#used++] = this.#indexOf(value)
  }

  push(row: Row): void {
    this.begin(KINDS.indexOf(row.kind), row.time)
    const values = row as unknown as Record<string, unknown>
    for (const [name, type] of FIELDS[row.kind]) {
      const value = values[name]
      if (type === 'task' || type === 'number') this.number(value as number)
      else this.#numbers[this.#used++] = this.#indexOf(type === 'positions' ? JSON.stringify(value) : value)
    }
  }

  *[Symbol.iterator](): Generator<Row, void, undefined> {
    for (let at = 0; at < this.#used; at += WIDTHS[this.#numbers[at]!]!) yield this.#rowAt(at)
  }

  /** The rows of some kinds; no objects are created for other rows. */
  *ofKinds(...kinds: readonly Row['kind'][]): Generator<Row, void, undefined> {
    const wanted = KINDS.map((kind) => kinds.includes(kind))
    for (let at = 0; at < this.#used; at += WIDTHS[this.#numbers[at]!]!) {
      if (wanted[this.#numbers[at]!]) yield this.#rowAt(at)
    }
  }

  /** The memory that the rows take, without their texts, in bytes. */
  get bytes(): number {
    return this.#used * 4
  }

  #rowAt(at: number): Row {
    const kind = KINDS[this.#numbers[at]!]!
    this.#timeParts[0] = this.#numbers[at + 1]!
    this.#timeParts[1] = this.#numbers[at + 2]!
    const row: Record<string, unknown> = { time: this.#time[0]!, kind }
    let index = at + 3
    for (const [name, type] of FIELDS[kind]) {
      const value = this.#numbers[index++]!
      if (type === 'task' || type === 'number') row[name] = value < 0 ? this.#values[-1 - value] : value
      else row[name] = type === 'positions' ? JSON.parse(this.#values[value] as string) : this.#values[value]
    }
    return row as unknown as Row
  }

  #indexOf(value: unknown): number {
    const known = this.#indexes.get(value)
    if (known !== undefined) return known
    const index = this.#values.length
    this.#values[index] = value // programs of the Lab may break push()
    this.#indexes.set(value, index)
    return index
  }

  #grow(): void {
    const larger = new Int32Array(Math.ceil(this.#numbers.length * 1.25))
    larger.set(this.#numbers)
    this.#numbers = larger
  }
}
