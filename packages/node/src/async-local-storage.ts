import { AsyncResource } from 'node:async_hooks'
import type { Coroutine, CreateTaskOptions, EventLoop, TaskFactory } from '@spindle/loop'
import { Task } from '@spindle/task'

/**
 * A task factory whose Tasks keep Node's `AsyncLocalStorage`, as async functions do: each Task has the stores of the
 * place that created it, and what it sets by `enterWith` is its own. `runMain`, `handler` and `startServer` use it,
 * unless their loop has another task factory. In a plain `run` without a server, set it yourself where a library (a
 * logger, a tracer, an ORM) needs the stores: otherwise a step of a Task sees those of whatever made the loop iterate.
 * It adds about 12 % to a switch and 65 bytes to a Task (Node 20), which is why `run` does not use it. For your own
 * values use `ContextVar`, which costs nothing.
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

/** Makes the Tasks of a loop keep their stores, unless it has a task factory already. */
export function keepStores(loop: EventLoop): EventLoop {
  if (loop.getTaskFactory() === undefined) loop.setTaskFactory(asyncLocalStorageTaskFactory)
  return loop
}

class TaskWithStores extends Task {
  // Holds the stores as the last step left them. `AsyncLocalStorage.snapshot()` would take 100 times as long on Node
  // 20.
  #stores = new AsyncResource('SpindleTask')

  override get reprName(): string {
    return 'Task'
  }

  override run(): void {
    if (!(#stores in this)) return super.run() // eager: the first step runs while the Task is made, where the stores are right
    this.#stores.runInAsyncScope(this.#step, this)
  }

  #step(): void {
    super.run()
    // Where stores belong to what is being executed (Node 24), what enterWith() has set would end with this step.
    if (STORES_END_WITH_SCOPE) this.#stores = new AsyncResource('SpindleTask')
  }
}

const STORES_END_WITH_SCOPE = Number.parseInt(process.versions.node, 10) >= 24
