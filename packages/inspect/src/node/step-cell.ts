// What the thread of a program does at the moment, in shared memory: the thread writes it before each step of a Task,
// and a helper thread reads it while the thread blocks, when nobody else could ask.
//
//   Int32    version    odd while it is written: a reader waits for an even one, and reads again if it has changed
//            length     of the text
//   Float64  since      when this step began, or the last one ended, in ms since 1970
//   bytes    text       JSON, cut off at its end if there is no room

const HEADER = 16
const ROOM = 4096

/** A step that is running; `task` is undefined between steps. */
export interface StepRecord {
  readonly since: number
  readonly task: { readonly id: number; readonly name: string; readonly at: string } | undefined
  /** How many Tasks there are. */
  readonly tasks: number
}

export class StepCell {
  readonly memory: SharedArrayBuffer
  readonly #integers: Int32Array
  readonly #since: Float64Array
  readonly #text: Uint8Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER + ROOM)) {
    this.memory = memory
    this.#integers = new Int32Array(memory, 0, 2)
    this.#since = new Float64Array(memory, 8, 1)
    this.#text = new Uint8Array(memory, HEADER)
  }

  write({ since, ...rest }: StepRecord): void {
    Atomics.add(this.#integers, 0, 1)
    this.#since[0] = since
    const { written } = encoder.encodeInto(JSON.stringify(rest), this.#text)
    this.#integers[1] = written
    Atomics.add(this.#integers, 0, 1)
  }

  /** @returns undefined if nothing was written yet */
  read(): StepRecord | undefined {
    for (;;) {
      const version = Atomics.load(this.#integers, 0)
      if (version === 0) return undefined
      if (version % 2 !== 0) continue
      const since = this.#since[0] as number
      const text = decoder.decode(this.#text.slice(0, this.#integers[1]))
      if (Atomics.load(this.#integers, 0) === version)
        return { since, ...(JSON.parse(text) as Omit<StepRecord, 'since'>) }
    }
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Now, in ms since 1970: the same on all threads of a process. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
