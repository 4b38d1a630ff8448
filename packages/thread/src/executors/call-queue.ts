import { Line } from './line.ts'
import type { PoolCall } from './pool-call.ts'

/** The calls that wait for a worker: by priority, then in order of submission. */
export class CallQueue {
  readonly #lines: PriorityLine[] = [] // the highest priority first
  size = 0

  push(call: PoolCall): void {
    this.#lineOf(call).push(call)
    call.isQueued = true
    this.size++
  }

  /** Puts a call back before all others of its priority. */
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

  /** Removes a call. */
  remove(call: PoolCall): void {
    if (!call.isQueued) return
    call.isQueued = false
    this.size--
    this.#lineOf(call).drop()
  }

  #lineOf(call: PoolCall): PriorityLine {
    const priority = priorityOf(call)
    let index = 0
    while (index < this.#lines.length && (this.#lines[index] as PriorityLine).priority > priority) index++
    const found = this.#lines[index]
    if (found?.priority === priority) return found
    const line = new PriorityLine(priority)
    this.#lines.splice(index, 0, line)
    return line
  }
}

export function priorityOf({ options }: PoolCall): number {
  return options.priority ?? 0
}

class PriorityLine extends Line<PoolCall> {
  readonly priority: number
  #dropped = 0 // at least as many as its calls that are no longer queued

  constructor(priority: number) {
    super()
    this.priority = priority
  }

  override get first(): PoolCall | undefined {
    while (super.first?.isQueued === false) this.shift()
    return super.first
  }

  /** A call of the line is no longer queued. */
  drop(): void {
    if (++this.#dropped * 2 <= this.length) return
    this.takeOut((call) => !call.isQueued)
    this.#dropped = 0
  }
}
