// Hot path: bench/spawn, bench/timers. One done callback for many Futures. `addDoneCallback` makes a Handle for each,
// which is a seventh of what a child of gather() takes; and where there are many, moving what is kept is most of the
// cost.

import type { Context } from '../context/context.ts'
import type { EventLoop } from '../event-loop.ts'
import { Handle } from '../scheduling/handle.ts'
import type { DoneCallback, Future } from './future.ts'

/**
 * Calls `callback` with each of the Futures it is added to, as it is done: through the loop and in that order, as with
 * `addDoneCallback`, which is for Futures that are done already.
 */
export class SharedDoneCallback extends Handle {
  // Those that are done, and for each of which this stands in the ready queue once.
  private readonly done: (Future | undefined)[]
  private came: number
  private called: number

  constructor(loop: EventLoop, callback: DoneCallback, context: Context) {
    super(loop, callback, [], context)
    this.done = []
    this.came = 0
    this.called = 0
  }

  override wake(loop: EventLoop, future: Future): void {
    if (this.came < this.done.length) this.done[this.came] = future
    else this.done.push(future)
    this.came++
    loop.schedule(this)
  }

  override run(): void {
    this.args = this.done[this.called] as Future
    this.done[this.called++] = undefined
    if (this.called === this.came) {
      this.came = 0
      this.called = 0
    }
    super.run()
  }
}
