import { RuntimeError } from '@spindle/loop'
import { type CancelRequest, retract } from '../tasks/cancellation.ts'
import { currentTask } from '../tasks/current-task.ts'
import type { Task } from '../tasks/task.ts'

interface ScopeCancelOptions {
  readonly message?: string | undefined
  readonly deadline?: number
  readonly traced?: boolean
  readonly recount?: boolean
}

/**
 * A block that can cancel the Task it runs in and, on exit, tells its own cancellation from anyone else's. The Task
 * counts each cancellation request, and the scope retracts its own. If the Task still counts more than when the block
 * was entered, there was another request as well.
 */
export class CancelScope {
  readonly #task: Task
  readonly #by: string
  // How many requests had reached the Task's coroutine, and how many uncancellable blocks were active, on entry.
  #cancelling: number
  readonly #level: number
  // Ours, and the one it hides from `task.cancelledBy()` as long as it stands.
  #request: CancelRequest | undefined = undefined
  #hidden: CancelRequest | undefined = undefined

  /**
   * @param owner what it is, for the error outside of a Task
   * @param by what it is, for those who inspect the Task
   * @throws RuntimeError outside of a Task
   */
  constructor(owner: string, by: string) {
    const task = currentTask()
    if (task === undefined) throw new RuntimeError(`${owner} should be used inside a task`)
    this.#task = task
    this.#by = by
    // A request that has not reached the coroutine yet will be thrown into our block: it counts as one that came
    // inside.
    this.#cancelling = task.visibleRequests - (task.cancelPending ? 1 : 0)
    this.#level = task.uncancellableDepth
  }

  get task(): Task {
    return this.#task
  }

  /** Whether a request of this scope stands. */
  get requested(): boolean {
    return this.#request !== undefined
  }

  /**
   * Cancels whatever the block waits for; once.
   * @param options `deadline`: the time limit that is over, if that is why; `traced`: whether the CancelledErrors that
   * come of it say where was waited, in their stack; `recount`: requests that were taken back since the block was
   * entered make no room for others that come later
   */
  cancel({ message, deadline, traced = false, recount = false }: ScopeCancelOptions = {}): void {
    if (recount) this.#cancelling = Math.min(this.#cancelling, this.#task.visibleRequests)
    const before = this.#task.cancelling()
    this.#hidden = this.#task.cancelledBy()
    try {
      this.#task.requestCancel({ level: this.#level, by: this.#by, message, deadline, traced })
    } catch (error) {
      // What the Task waits for refused to be cancelled. A request that nobody retracts would change all other scopes.
      if (this.#task.cancelling() > before) this.#task.uncancel()
      throw error
    }
    this.#request = this.#task.cancelledBy()
  }

  /** The block has ended. Returns whether only this scope has cancelled it; true at most once. */
  end(): boolean {
    if (this.#request === undefined) return false
    retract(this.#request, this.#hidden)
    this.#request = undefined
    this.#hidden = undefined
    this.#task.uncancel()
    const isAlone = this.#isAlone()
    if (isAlone) this.#task.dropPendingCancel() // it may have been put off until after the block
    return isAlone
  }

  /** Whether there is no request but those that the block was entered with. */
  #isAlone(): boolean {
    return this.#task.visibleRequests <= this.#cancelling
  }
}
