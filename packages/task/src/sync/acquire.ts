import { disposable } from '@spindle/loop/internal'
import { Immediate, Operation } from './operation.ts'
import type { Waiters } from './waiters.ts'

interface Acquirable {
  readonly mustWait: boolean
  release(): void
  /** @param picked whether it was released to this waiter */
  acquired(picked: boolean): void
  /** A waiter was cancelled, possibly just after `release()` had picked it. */
  giveUp(picked: boolean): void
}

export class Acquire extends Operation<Disposable> {
  readonly #resource: Acquirable
  // One guard for all: disposing of it releases the resource, whichever Task holds it.
  readonly #acquired: Immediate<Disposable>

  constructor(resource: Acquirable, waiters: Waiters) {
    super(waiters)
    this.#resource = resource
    this.#acquired = new Immediate(disposable(() => resource.release()))
  }

  override mustWait(): boolean {
    return this.#resource.mustWait
  }

  override finish(picked: boolean): Immediate<Disposable> {
    this.#resource.acquired(picked)
    return this.#acquired
  }

  override abandon(picked: boolean): void {
    this.#resource.giveUp(picked)
  }
}
