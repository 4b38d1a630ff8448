import type { EventLoop, Task } from 'spindle'
import { className, type Probe } from 'spindle/internal'
import type { Numbers } from './numbers.ts'

/** The holders of one lock or semaphore. */
interface Held {
  readonly label: string
  /** undefined: code outside of Tasks acquired it. */
  readonly holders: (Task | undefined)[]
  value: number
}

/** Which Task did something, and when; the number of code outside of Tasks is 0. */
export interface Origin {
  readonly by: number
  readonly name: string
  /** By the clock of the loop, in ms. */
  readonly time: number
}

/** What the present state of loops does not tell: who holds which lock; who made and who cancelled a Task, and when. */
export class Past {
  readonly #held = new Map<object, Held>()
  readonly #made = new WeakMap<Task, Origin>()
  readonly #cancelled = new WeakMap<Task, Origin>()
  /** The functions of which a Task has ended, by the prototypes of their generators. */
  readonly #ended = new WeakSet<object>()
  readonly #numbers: Pick<Numbers, 'add' | 'nameOf'>

  constructor(numbers: Pick<Numbers, 'add' | 'nameOf'>) {
    this.#numbers = numbers
  }

  /** Observes a loop, until the result is called. */
  watch(loop: EventLoop): () => void {
    const origin = (task = loop.currentTask as Task | undefined): Origin =>
      task === undefined
        ? { by: 0, name: '', time: loop.time() }
        : { by: this.#numbers.add(task), name: this.#numbers.nameOf(task), time: loop.time() }
    const probe: Probe = {
      taskMade: (task) => void this.#made.set(task as Task, origin()),
      taskDone: (task) => void this.#ended.add(functionOf(task as Task)),
      cancelRequested: (task, { via }) => void this.#cancelled.set(task as Task, origin(via as Task | undefined)),
      resource: (resource, action, value) => {
        if (action === 'acquired') this.#acquired(resource, loop.currentTask as Task | undefined, value)
        else if (action === 'released' || action === 'handed-on')
          this.#released(resource, loop.currentTask as Task | undefined, value)
      },
    }
    loop.probes.add(probe)
    return () => loop.probes.remove(probe)
  }

  making(task: Task): Origin | undefined {
    return this.#made.get(task)
  }

  /** The last request to cancel it. */
  cancellation(task: Task): Origin | undefined {
    return this.#cancelled.get(task)
  }

  /** Whether no Task of its function has ended so far. */
  isLasting(task: Task): boolean {
    return !this.#ended.has(functionOf(task))
  }

  /** Each lock with one of its holders, in the order in which they acquired it. */
  *holders(): Iterable<{ resource: object; label: string; task: Task | undefined; value: number }> {
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

function functionOf(task: Task): object {
  return Object.getPrototypeOf(task.getCoro()) as object
}
