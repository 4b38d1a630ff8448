import type { PoolCall } from './pool-call.ts'

/** The calls that wait for a worker: those of a higher priority first, each in turn of its submission. */
export class CallQueue {
  readonly #lines: Line[] = [] // the highest priority first
  size = 0

  push(call: PoolCall): void {
    this.#lineOf(call).push(call)
    call.isQueued = true
    this.size++
  }

  /** Takes the next call out. */
  shift(): PoolCall | undefined {
    for (;;) {
      const [line] = this.#lines
      if (line === undefined) return undefined
      const call = line.shift()
      if (call === undefined) {
        this.#lines.shift()
        continue
      }
      call.isQueued = false
      this.size--
      return call
    }
  }

  /** Takes a call out, wherever it stands. */
  remove(call: PoolCall): void {
    if (!call.isQueued) return
    call.isQueued = false
    this.size--
    this.#lineOf(call).drop()
  }

  #lineOf({ options }: PoolCall): Line {
    const { priority = 0 } = options
    let place = 0
    while (place < this.#lines.length && (this.#lines[place] as Line).priority > priority) place++
    const found = this.#lines[place]
    if (found?.priority === priority) return found
    const line = new Line(priority)
    this.#lines.splice(place, 0, line)
    return line
  }
}

class Line {
  readonly priority: number
  #calls: (PoolCall | undefined)[] = []
  #head = 0 // those before it have been taken, and let go of
  #dropped = 0 // at most so many of the others are queued no more

  constructor(priority: number) {
    this.priority = priority
  }

  push(call: PoolCall): void {
    this.#calls.push(call)
  }

  shift(): PoolCall | undefined {
    while (this.#head < this.#calls.length) {
      const call = this.#calls[this.#head]
      this.#calls[this.#head++] = undefined // its arguments and its result may be large
      if (this.#head >= 1024 && this.#head * 2 >= this.#calls.length) this.#compact()
      if (call?.isQueued) return call
    }
    return undefined
  }

  /** One of its calls is queued no more. */
  drop(): void {
    if (++this.#dropped * 2 > this.#calls.length - this.#head) this.#compact()
  }

  #compact(): void {
    this.#calls = this.#calls.slice(this.#head).filter((call) => call?.isQueued)
    this.#head = 0
    this.#dropped = 0
  }
}
