import { Ring } from '@spindle/loop/internal'
import type { PoolCall } from './pool-call.ts'

/** The calls that wait for a worker: by priority, then in order of submission. */
export class CallQueue {
  #lines: { readonly priority: number; readonly calls: Ring<PoolCall> }[] = [] // the highest priority first
  #removed = 0 // how many calls in the lines are no longer queued, at most
  size = 0

  push(call: PoolCall): void {
    this.#lineFor(call).put(call)
  }

  /** Puts a call back before all others of its priority. */
  unshift(call: PoolCall): void {
    this.#lineFor(call).putBack(call)
  }

  get first(): PoolCall | undefined {
    for (;;) {
      const calls = this.#lines[0]?.calls
      const call = calls?.first
      if (calls === undefined || call?.isQueued) return call
      if (call === undefined) this.#lines.shift()
      else calls.get()
    }
  }

  shift(): PoolCall | undefined {
    const call = this.first
    if (call === undefined) return undefined
    this.#lines[0]?.calls.get()
    call.isQueued = false
    this.size--
    return call
  }

  takeAll(): PoolCall[] {
    const calls: PoolCall[] = []
    for (let call = this.shift(); call !== undefined; call = this.shift()) calls.push(call)
    return calls
  }

  remove(call: PoolCall): void {
    if (!call.isQueued) return
    call.isQueued = false
    this.size--
    if (++this.#removed <= this.size) return
    for (const { calls } of this.#lines) {
      const queued = [...calls].filter(({ isQueued }) => isQueued)
      calls.clear()
      for (const one of queued) calls.put(one)
    }
    this.#removed = 0
  }

  #lineFor(call: PoolCall): Ring<PoolCall> {
    call.isQueued = true
    this.size++
    const priority = priorityOf(call)
    let index = 0
    while ((this.#lines[index]?.priority ?? Number.NEGATIVE_INFINITY) > priority) index++
    const found = this.#lines[index]
    if (found?.priority === priority) return found.calls
    const calls = new Ring<PoolCall>()
    this.#lines.splice(index, 0, { priority, calls })
    return calls
  }
}

export function priorityOf({ options }: PoolCall): number {
  return options.priority ?? 0
}
