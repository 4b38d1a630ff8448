// Hot path: bench/lock, bench/queue-1, bench/timers. A Future that one Task alone awaits, as it was made for that (a
// sleep, a place in a line), is the iterator of its `yield*` as well. What it yields is one object for all of them, as
// the Task takes at once what that carries: so there is one object for each wait, not two.

import type { Future, Suspension as Suspended } from '@spindle/loop'
import { Suspension } from '@spindle/loop/internal'

class Carrier extends Suspension {
  constructor() {
    super(undefined)
  }

  carry(future: Future): this {
    this.future = future
    return this.ask()
  }

  close<T>(value: T): IteratorResult<Suspended, T> {
    return super.return(value) as IteratorResult<Suspended, T>
  }
}

let carrier = new Carrier()

/**
 * What `future` yields, to be waited for. @throws TypeError if it was yielded before and no Task took it: `yield*` was
 * forgotten
 */
export function suspend(future: Future): Carrier {
  // If no Task has taken the last one, somebody drove a generator by hand up to there and left it: it must not be taken
  // for this one.
  if (carrier.future !== future && carrier.take()) carrier = new Carrier()
  return carrier.carry(future)
}

/** For the `return()` of `future`. @throws TypeError if no Task has taken it: `yield*` was forgotten */
export function close<T>(future: Future, value: T): IteratorResult<Suspended, T> {
  return carrier.future === future ? carrier.close(value) : { done: true, value }
}

/** Who awaits `future` goes on, and it is not to be kept alive from here. */
export function letGo(future: Future): void {
  if (carrier.future === future) carrier.future = undefined
}
