import { Line } from './line.ts'
import type { PoolCall } from './pool-call.ts'

/** The calls that wait for a worker: those of a higher priority first, each in turn of its submission. */
export class CallQueue {
  readonly #lines: PriorityLine[] = [] // the highest priority first
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

  #lineOf({ options }: PoolCall): PriorityLine {
    const { priority = 0 } = options
    let place = 0
    while (place < this.#lines.length && (this.#lines[place] as PriorityLine).priority > priority) place++
    const found = this.#lines[place]
    if (found?.priority === priority) return found
    const line = new PriorityLine(priority)
    this.#lines.splice(place, 0, line)
    return line
  }
}

class PriorityLine {
  readonly priority: number
  readonly #calls = new Line<PoolCall>()
  #dropped = 0 // at most so many of them are queued no more

  constructor(priority: number) {
    this.priority = priority
  }

  push(call: PoolCall): void {
    this.#calls.push(call)
  }

  shift(): PoolCall | undefined {
    while (this.#calls.length > 0) {
      const call = this.#calls.shift()
      if (call?.isQueued) return call
    }
    return undefined
  }

  /** One of its calls is queued no more. */
  drop(): void {
    if (++this.#dropped * 2 <= this.#calls.length) return
    this.#calls.takeOut((call) => !call.isQueued)
    this.#dropped = 0
  }
}
