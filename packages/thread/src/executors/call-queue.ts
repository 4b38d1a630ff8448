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

  /** Puts a call back that is earlier than all others of its priority. */
  unshift(call: PoolCall): void {
    this.#lineOf(call).unshift(call)
    call.isQueued = true
    this.size++
  }

  /** The next call. */
  get first(): PoolCall | undefined {
    for (;;) {
      const [line] = this.#lines
      const call = line?.first
      if (call !== undefined || line === undefined) return call
      this.#lines.shift()
    }
  }

  /** Takes the next call out. */
  shift(): PoolCall | undefined {
    const call = this.first
    if (call === undefined) return undefined
    this.#lines[0]?.shift()
    call.isQueued = false
    this.size--
    return call
  }

  /** Takes all calls out. */
  takeAll(): PoolCall[] {
    const calls: PoolCall[] = []
    for (let call = this.shift(); call !== undefined; call = this.shift()) calls.push(call)
    return calls
  }

  /** Takes a call out, wherever it stands. */
  remove(call: PoolCall): void {
    if (!call.isQueued) return
    call.isQueued = false
    this.size--
    this.#lineOf(call).drop()
  }

  #lineOf(call: PoolCall): PriorityLine {
    const priority = priorityOf(call)
    let place = 0
    while (place < this.#lines.length && (this.#lines[place] as PriorityLine).priority > priority) place++
    const found = this.#lines[place]
    if (found?.priority === priority) return found
    const line = new PriorityLine(priority)
    this.#lines.splice(place, 0, line)
    return line
  }
}

export function priorityOf({ options }: PoolCall): number {
  return options.priority ?? 0
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

  unshift(call: PoolCall): void {
    this.#calls.unshift(call)
  }

  /** The first one that is still queued. */
  get first(): PoolCall | undefined {
    while (this.#calls.first?.isQueued === false) this.#calls.shift()
    return this.#calls.first
  }

  shift(): void {
    this.#calls.shift()
  }

  /** One of its calls is queued no more. */
  drop(): void {
    if (++this.#dropped * 2 <= this.#calls.length) return
    this.#calls.takeOut((call) => !call.isQueued)
    this.#dropped = 0
  }
}
