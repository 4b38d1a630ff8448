import type { RowOf } from '../recording.ts'

/** What is remembered of a Task after it has ended. */
export interface Actor {
  readonly id: number
  /** By the clock of the loop, in ms. */
  made: number
  maker: Actor | undefined
  cancelled: { readonly by: Actor | undefined; readonly time: number } | undefined
  end: End | undefined
}

/** How a Task ended. Its name is looked up only on request: the engine needs about 0.2 ms for each function. */
export interface End {
  readonly given: string
  readonly coroutine: object
  readonly outcome: RowOf<'done'>['outcome']
  readonly time: number
}

export interface Actors {
  get(task: object): Actor | undefined
  set(task: object, actor: Actor): unknown
}

class Returned {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: so that a subclass adds its private field to that object
    return object
  }
}

/**
 * A WeakMap, for the Tasks of a whole process: each Actor is in a private field of its Task. That takes a fifth of the
 * time, because the collector has to go through a WeakMap each time.
 */
export function actorsInTasks(): Actors {
  class Known extends Returned {
    #actor: Actor

    constructor(task: object, actor: Actor) {
      super(task)
      this.#actor = actor
    }

    static actorOf(task: object): Actor | undefined {
      return #actor in task ? (task as Known).#actor : undefined
    }
  }
  return { get: (task) => Known.actorOf(task), set: (task, actor) => new Known(task, actor) }
}
