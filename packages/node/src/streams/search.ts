import type { ByteBuffer } from './byte-buffer.ts'

export const NEWLINE: Buffer = Buffer.from('\n')

/** The search for a separator, which resumes where it ended when more has arrived. */
export class Search {
  readonly #given: string | Uint8Array | readonly (string | Uint8Array)[]
  // Made of them when the search begins. The shortest first: of two that end at the same place it is found.
  #separators: readonly Buffer[] = []
  /** How many bytes at the beginning hold no separator. */
  offset = 0

  constructor(separator: string | Uint8Array | readonly (string | Uint8Array)[]) {
    this.#given = separator
  }

  in(buffer: ByteBuffer): { readonly start: number; readonly end: number } | undefined {
    if (this.#separators.length === 0) this.#begin()
    if (buffer.length - this.offset < this.#shortest) return undefined
    let first: { readonly start: number; readonly end: number } | undefined
    for (const separator of this.#separators) {
      const start = buffer.indexOf(separator, this.offset)
      const end = start + separator.length
      if (start !== -1 && (first === undefined || end < first.end)) first = { start, end }
    }
    // The last bytes may be the beginning of a separator.
    if (first === undefined) this.offset = Math.max(0, buffer.length + 1 - this.#longest)
    return first
  }

  #begin(): void {
    const given = Array.isArray(this.#given)
      ? (this.#given as readonly (string | Uint8Array)[])
      : [this.#given as string]
    if (given.length === 0) throw new RangeError('Separator should contain at least one element')
    this.#separators = given.map((one) => Buffer.from(one as string)).sort((a, b) => a.length - b.length)
    if (this.#shortest === 0) throw new RangeError('Separator should be at least one-byte string')
  }

  get #shortest(): number {
    return this.#separators[0]?.length ?? 0
  }

  get #longest(): number {
    return this.#separators.at(-1)?.length ?? 0
  }
}
