// A step that sees a store of AsyncLocalStorage that is not its Task's answers one user with the data of another. Debug
// mode compares the stores at the beginning of each step with those that the Task was created with, or has set since.

import type { EventLoop } from '@spindle/loop'
import { hostProcess, type Probe, repr } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'

interface Known {
  /** What the Task should see. */
  readonly own: Map<unknown, unknown>
  /** What it saw at the beginning of the step. */
  seen: ReadonlyMap<unknown, unknown>
}

export class ForeignStores implements Probe {
  readonly wantsSteps = true
  readonly #loop: EventLoop
  readonly #tasks = new Map<Task, Known>()

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  taskMade(task: Task): void {
    const seen = storesNow()
    this.#tasks.set(task, { own: new Map(seen), seen })
  }

  resumes(task: Task): void {
    const known = this.#tasks.get(task)
    if (known === undefined) return // it was made before debug mode began, or is reported
    known.seen = storesNow()
    for (const [storage, store] of known.seen) {
      const own = known.own.get(storage)
      if (store !== undefined && !Object.is(store, own)) return this.#report(task, storage, store, own)
    }
  }

  waits(task: Task): void {
    const known = this.#tasks.get(task)
    if (known === undefined) return
    for (const [storage, store] of storesNow()) {
      if (!Object.is(store, known.seen.get(storage))) known.own.set(storage, store) // by enterWith()
    }
  }

  taskEnds(task: Task): void {
    this.#tasks.delete(task)
  }

  #ownerOf(storage: unknown, store: unknown): Task | undefined {
    for (const [task, { own }] of this.#tasks) if (Object.is(own.get(storage), store)) return task
    return undefined
  }

  #report(task: Task, storage: unknown, store: unknown, own: unknown): void {
    this.#tasks.delete(task) // once is enough
    const owner = this.#ownerOf(storage, store)
    const whose = owner === undefined ? '' : ` of task ${repr(owner.getName())}`
    const message =
      `Task ${repr(task.getName())} sees the store ${repr(store)}${whose} in an AsyncLocalStorage, in place of ` +
      `${repr(own)}. Tasks keep their stores unless the run has { asyncLocalStorage: false } or a task factory makes them`
    this.#loop.callExceptionHandler({ message, task })
  }
}

/**
 * The stores of `AsyncLocalStorage` that the running code sees, by storage or by what stands for it. An AsyncResource
 * holds them: each in a property (Node 20 and 22), or all in one map (Node 24). Empty in other runtimes.
 */
function storesNow(): ReadonlyMap<unknown, unknown> {
  const stores = new Map<unknown, unknown>()
  const hooks = hostProcess()?.getBuiltinModule?.('node:async_hooks')
  if (hooks === undefined) return stores
  const resource = new hooks.AsyncResource('SpindleTask') as unknown as Record<symbol, unknown>
  for (const key of Object.getOwnPropertySymbols(resource)) {
    const kept = resource[key]
    if (key.description === 'kResourceStore') stores.set(key, kept)
    // The frame is a Map whose class hides that.
    if (key.description === 'context_frame' && kept) return new Map(Map.prototype.entries.call(kept))
  }
  return stores
}
