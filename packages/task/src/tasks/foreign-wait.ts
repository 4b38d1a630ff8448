import type { Future } from '@spindle/loop'
import type { Wakeable } from '@spindle/loop/internal'
import type { Task } from './task.ts'

/**
 * The waiter of a Task that awaits a Future of another loop. The Task wakes in its own loop. If the other loop closes
 * first, the Task receives an error.
 */
export class ForeignWait implements Wakeable {
  readonly task: Task
  readonly #future: Future
  readonly #onClose = (): void => {
    this.#leave()
    if (!this.task.getLoop().isClosed()) this.task.abandonWait(this.#future)
  }

  constructor(task: Task, future: Future) {
    this.task = task
    this.#future = future
    task.getLoop().wakeSources.promises++ // the Future may wake it, so its loop is not deadlocked
    future.getLoop().closeCallbacks.add(this.#onClose)
  }

  wake(): void {
    this.#leave()
    const loop = this.task.getLoop()
    if (!loop.isClosed()) this.task.wake(loop)
  }

  describe(): string {
    return this.task.describe()
  }

  #leave(): void {
    this.task.getLoop().wakeSources.promises--
    this.#future.getLoop().closeCallbacks.delete(this.#onClose)
  }
}
