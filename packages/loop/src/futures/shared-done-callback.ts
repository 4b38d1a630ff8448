// Hot path: bench/spawn, bench/timers. One done callback for many Futures. `addDoneCallback` makes a Handle for each
// Future, a seventh of the memory of a child of gather(); with many Futures, the collector spends most time on them.

import { ambient } from '../context/ambient-state.ts'
import { currentContext } from '../context/context.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { Task } from '../face/task.ts'
import { Handle } from '../scheduling/handle.ts'
import type { DoneCallback, Future } from './future.ts'

/** Calls `callback` with each of its Futures once it is done: through the loop, in order of completion. */
export class SharedDoneCallback extends Handle {
  /** The Task that made this: it awaits every Future. */
  readonly task: Task | undefined
  /** Whether it makes no difference which Future succeeds first. */
  readonly isOrderFree: boolean
  // The Futures that are done: the ready queue holds this Handle once for each.
  private readonly done: (Future | undefined)[]
  private came: number
  private called: number

  constructor(loop: EventLoop, callback: DoneCallback, isOrderFree = false) {
    super(loop, callback, [], currentContext()) // not a copy, because our own callbacks set no variables
    this.task = ambient.runningLoop?.currentTask
    this.done = []
    this.came = 0
    this.called = 0
    this.isOrderFree = isOrderFree
  }

  add(future: Future): void {
    if (future.done()) this.wake(future.getLoop(), future)
    else future.addWakeable(this)
  }

  override wake(loop: EventLoop, future: Future): void {
    this.done[this.came++] = future
    loop.schedule(this)
  }

  override run(): void {
    this.args = this.done[this.called] as Future
    this.done[this.called++] = undefined
    if (this.called === this.came) {
      this.came = 0
      this.called = 0
    }
    if (!this.cancelled()) this.call() // in the stores of the driver, because our own callbacks read none
  }
}
