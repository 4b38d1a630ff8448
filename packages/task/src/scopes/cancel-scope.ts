import { type CancelRequest, RuntimeError } from '@spindle/loop'
import { retract, type ToldBlock } from '../tasks/cancellation.ts'
import { runningTask } from '../tasks/current-task.ts'
import type { Task } from '../tasks/task.ts'

interface ScopeCancelOptions {
  readonly message?: string | undefined
  readonly deadline?: number
  readonly traced?: boolean
  readonly recount?: boolean
}

/**
 * A block that can cancel the Task it runs in and, on exit, distinguishes its own cancellation from all others. The
 * Task counts each cancellation request, and the scope retracts its own. If the Task still counts more than when the
 * block was entered, there was another request as well.
 */
export class CancelScope {
  readonly #task: Task
  readonly #by: string
  // How many requests had reached the Task's coroutine, and how many uncancellable blocks were active, on entry.
  #cancelling: number
  readonly #level: number
  readonly #within: ToldBlock | undefined
  // Our request, and the one it replaces in `task.cancelledBy()` until it is retracted.
  #request: CancelRequest | undefined = undefined
  #hidden: CancelRequest | undefined = undefined

  /**
   * @param owner names the block in the error outside of a Task
   * @param by names the canceller, in `task.cancelledBy()` and in events
   * @throws RuntimeError outside of a Task
   */
  constructor(owner: string, by: string) {
    const task = runningTask()
    if (task === undefined) throw new RuntimeError(`${owner} should be used inside a task`)
    this.#task = task
    this.#by = by
    // A request that has not reached the coroutine yet will be thrown into our block, so it counts as one from inside.
    this.#cancelling = task.visibleRequests - (task.cancelPending ? 1 : 0)
    this.#level = task.uncancellableDepth
    this.#within = task.cancelState?.told
  }

  get task(): Task {
    return this.#task
  }

  get requested(): boolean {
    return this.#request !== undefined
  }

  /**
   * Cancels the current wait of the block. Works once.
   * @param options `deadline`: the time limit that expired, if it is the cause; `traced`: whether the stacks of the
   * resulting CancelledErrors contain the place of the wait; `recount`: requests that were retracted since the block
   * was entered do not hide later ones
   */
  cancel({ message, deadline, traced = false, recount = false }: ScopeCancelOptions = {}): void {
    if (recount) this.#cancelling = Math.min(this.#cancelling, this.#task.visibleRequests)
    const before = this.#task.cancelling()
    this.#hidden = this.#task.cancelledBy()
    try {
      this.#task.requestCancel({ level: this.#level, within: this.#within, by: this.#by, message, deadline, traced })
    } catch (error) {
      // The awaitable refused to be cancelled. A request that is never retracted would affect all other scopes.
      if (this.#task.cancelling() > before) this.#task.uncancel()
      throw error
    }
    this.#request = this.#task.cancelledBy()
  }

  /** Ends the block. Returns whether only this scope has cancelled it; true at most once. */
  end(): boolean {
    if (this.#request === undefined) return false
    retract(this.#request, this.#hidden)
    this.#request = undefined
    this.#hidden = undefined
    this.#task.uncancel()
    const isAlone = this.#isAlone()
    if (isAlone) this.#task.dropPendingCancel() // it may have been postponed until after the block
    return isAlone
  }

  #isAlone(): boolean {
    return this.#task.visibleRequests <= this.#cancelling
  }
}
