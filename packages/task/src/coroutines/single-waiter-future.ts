// Hot path: bench/lock, bench/queue-1, bench/timers. A Future that one Task awaits (a sleep, a place in a queue) is
// also the iterator of its `yield*`. All of them yield the same Suspension, because the Task takes its Future at once:
// each wait makes one object, not two.

import { Future, type Suspension as Suspended } from '@spindle/loop'
import { Suspension } from '@spindle/loop/internal'

class Carrier extends Suspension {
  carry(future: Future): this {
    this.future = future
    return this.ask()
  }
}

let carrier = new Carrier(undefined)

export abstract class SingleWaiterFuture<out T> extends Future<T> implements Iterator<Suspended, T, unknown> {
  override get reprName(): string {
    return 'Future'
  }

  abstract next(resumed?: unknown): IteratorResult<Suspended, T>

  throw(error: unknown): IteratorResult<Suspended, T> {
    throw error
  }

  return(value: T): IteratorResult<Suspended, T> {
    return this.close(value)
  }

  /** The yielded value. @throws TypeError if it was yielded before and no Task took it: `yield*` was forgotten */
  protected suspend(): Suspended & IteratorYieldResult<Suspended> {
    // Nothing took the previous Future: a generator was driven manually up to there, and abandoned.
    if (carrier.future !== this && carrier.take()) carrier = new Carrier(undefined)
    return carrier.carry(this)
  }

  /** For `return()`. @throws TypeError if it was yielded and no Task took it: `yield*` was forgotten */
  protected close<V>(value: V): IteratorResult<Suspended, V> {
    // The cast: a closed iterator returns the value it was closed with.
    return carrier.future === this ? (carrier.return(value) as IteratorResult<Suspended, V>) : { done: true, value }
  }

  /** Its Task has been resumed: the carrier must not keep this Future alive. */
  protected resumed(): void {
    if (carrier.future === this) carrier.future = undefined
  }
}
