import type { Task } from 'spindle'
import type { Actor, Actors } from './actors.ts'
import { Past } from './past.ts'

export type NameOf = (task: Task) => string | undefined

/** Numbers of Tasks, names of locks, queues, …, and their past. All that is shown of one process shares them. */
export class Numbers {
  readonly past: Past = new Past(this)
  readonly #actors: Actors
  #count = 0
  // Resources are numbered by their class.
  readonly #resources = new WeakMap<object, string>()
  readonly #resourceCounts = new Map<string, number>()

  constructor(actors: Actors = new WeakMap<object, Actor>()) {
    this.#actors = actors
  }

  of(task: object | undefined): number {
    return (task && this.#actors.get(task)?.id) ?? 0
  }

  /** The number of a Task, from now on if it had none. */
  add(task: object): number {
    return this.actorOf(task).id
  }

  actorOf(task: object): Actor {
    const known = this.#actors.get(task)
    if (known !== undefined) return known
    const actor: Actor = { id: ++this.#count, made: 0, maker: undefined, cancelled: undefined, end: undefined }
    this.#actors.set(task, actor)
    return actor
  }

  /** Its name, or that of its function: a default name says less. */
  nameOf(task: Task, coroutineName: NameOf = (one) => one.getLoop().explainer?.coroutineName(one)): string {
    const given = task.getName()
    return (/^Task-\d+$/.test(given) ? coroutineName(task) : given) || `Task-${this.of(task)}`
  }

  /** `Lock 2`, if it is the second of this name. */
  resourceName(resource: object, label: string): string {
    const known = this.#resources.get(resource)
    if (known !== undefined) return known
    const count = (this.#resourceCounts.get(label) ?? 0) + 1
    const name = `${label} ${count}`
    this.#resourceCounts.set(label, count)
    this.#resources.set(resource, name)
    return name
  }
}
