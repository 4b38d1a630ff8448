import type { EventLoop, Task } from 'spindle'
import { className, type Probe } from 'spindle/internal'

/** The holders of one lock or semaphore. */
interface Held {
  readonly label: string
  /** undefined: code outside of Tasks acquired it. */
  readonly holders: (Task | undefined)[]
  value: number
}

/** The locks and semaphores that are held on some loops, kept up to date: a recording that begins now needs them. */
export class Holders {
  readonly #held = new Map<object, Held>()

  /** Observes a loop, until the result is called. */
  watch(loop: EventLoop): () => void {
    const probe: Probe = {
      resource: (resource, action, value) => {
        if (action === 'acquired') this.#acquired(resource, loop.currentTask as Task | undefined, value)
        else if (action === 'released' || action === 'handed-on')
          this.#released(resource, loop.currentTask as Task | undefined, value)
      },
    }
    loop.probes.add(probe)
    return () => loop.probes.remove(probe)
  }

  /** Each lock with one of its holders, in the order in which they acquired it. */
  *[Symbol.iterator](): Iterator<{ resource: object; label: string; task: Task | undefined; value: number }> {
    for (const [resource, { label, holders, value }] of this.#held)
      for (const task of holders) yield { resource, label, task, value }
  }

  #acquired(resource: object, task: Task | undefined, value: number): void {
    const held = this.#held.get(resource)
    if (held === undefined) {
      this.#held.set(resource, { label: className(resource), holders: [task], value })
      return
    }
    held.holders.push(task)
    held.value = value
  }

  #released(resource: object, task: Task | undefined, value: number): void {
    const held = this.#held.get(resource)
    if (held === undefined) return
    held.value = value
    // Another Task than the holder may release a semaphore.
    held.holders.splice(Math.max(held.holders.indexOf(task), 0), 1)
    if (held.holders.length === 0) this.#held.delete(resource)
  }
}
