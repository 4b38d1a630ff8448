import { AsyncLocalStorage } from 'node:async_hooks'
import type { Coroutine, CreateTaskOptions, EventLoop, TaskFactory } from '@spindle/loop'
import { Task } from '@spindle/task'

type Enter = ReturnType<typeof AsyncLocalStorage.snapshot>

/**
 * A task factory whose Tasks keep Node's `AsyncLocalStorage`, as async functions do: each has the stores of the place that created it,
 * and what it sets by `enterWith` is its own. Without it a step sees the stores of whatever has made the loop turn. It costs some
 * time in each step, so it is for programs whose libraries (loggers, tracers) need it; for values of one's own there is `ContextVar`.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 * import { type Coroutine, createTask, gather, getRunningLoop, run, sleep } from 'spindle'
 * import { asyncLocalStorageTaskFactory } from 'spindle/node'
 *
 * const user = new AsyncLocalStorage<string>()
 * function* greet(): Coroutine<string> {
 *   yield* sleep(1) // others run meanwhile
 *   return `hello ${user.getStore()}`
 * }
 * function* main(): Coroutine<void> {
 *   getRunningLoop().setTaskFactory(asyncLocalStorageTaskFactory)
 *   const tasks = ['ann', 'bob'].map((name) => user.run(name, () => createTask(greet())))
 *   console.log(yield* gather(tasks)) // prints: [ 'hello ann', 'hello bob' ]
 * }
 * await run(main())
 * ```
 */
export const asyncLocalStorageTaskFactory: TaskFactory = (
  loop: EventLoop,
  coroutine: Coroutine<unknown>,
  options: CreateTaskOptions,
) => new TaskWithStores(coroutine, { ...options, loop })

class TaskWithStores extends Task {
  // Runs a function with the stores as the last step left them.
  #enter: Enter = AsyncLocalStorage.snapshot()

  override get reprName(): string {
    return 'Task'
  }

  override run(): void {
    if (!(#enter in this)) return super.run() // eager: the first step runs while the Task is made, where the stores are right
    this.#enter(() => {
      super.run()
      // enterWith() has set a store of the step alone, where stores belong to what is being executed (Node 24).
      this.#enter = AsyncLocalStorage.snapshot()
    })
  }
}
