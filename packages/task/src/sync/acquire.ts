import { disposable } from '@spindle/loop/internal'
import type { LoopBound } from './loop-bound.ts'
import { Immediate, Operation } from './operation.ts'
import type { Waiters } from './waiters.ts'

interface Acquirable extends LoopBound {
  readonly mustWait: boolean
  release(): void
  /** @param picked whether it was released to this waiter */
  acquired(picked: boolean): void
  /** A waiter was cancelled, possibly just after `release()` had picked it. */
  giveUp(picked: boolean): void
}

// The guards of all locks and semaphores. A combinator releases a guard that it discards.
const guards = new WeakSet<object>()

export function isGuard(value: unknown): value is Disposable {
  return typeof value === 'object' && value !== null && guards.has(value)
}

export class Acquire extends Operation<Disposable, Acquirable> {
  // One guard for all: disposing of it releases the resource, whichever Task holds it.
  readonly #acquired: Immediate<Disposable>

  constructor(waiters: Waiters<Acquirable>) {
    super(waiters)
    const guard = disposable(() => this.owner.release())
    guards.add(guard)
    this.#acquired = new Immediate(guard)
  }

  override mustWait(): boolean {
    return this.owner.mustWait
  }

  override finish(picked: boolean): Immediate<Disposable> {
    this.owner.acquired(picked)
    return this.#acquired
  }

  override abandon(picked: boolean): void {
    this.owner.giveUp(picked)
  }
}
