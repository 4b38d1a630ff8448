import type { Coroutine } from '@spindle/loop'
import { type AsyncScope, hostProcess } from '@spindle/loop/internal'
import { Task, type TaskOptions } from './task.ts'

const process = hostProcess()
const AsyncResource = process?.getBuiltinModule?.('node:async_hooks')?.AsyncResource

/**
 * A Task with an `AsyncResource` of Node, like async functions: each step sees the stores of `AsyncLocalStorage` that
 * the Task was created with, rather than the stores of the driver. It takes 10 ns a step.
 * `AsyncLocalStorage.snapshot()` would take 100 times as long to make on Node 20.
 */
class TaskWithStores<out T = unknown> extends Task<T> {
  // The stores at the end of the last step; undefined in an eager first step, which has the right stores already.
  private stores: AsyncScope | undefined

  constructor(coroutine: Coroutine<T>, options?: TaskOptions) {
    super(coroutine, options)
    this.stores = newScope()
  }

  override get reprName(): string {
    return 'Task'
  }

  /** @internal */
  override run(): void {
    if (this.stores === undefined) super.run()
    else this.stores.runInAsyncScope(this.runInScope, this)
  }

  private runInScope(): void {
    super.run()
    if (STORES_END_WITH_SCOPE) this.stores = newScope()
  }
}

// If stores belong to the execution (Node 24), a change by enterWith() would end with the step.
const STORES_END_WITH_SCOPE = Number.parseInt(process?.versions?.node ?? '0', 10) >= 24

function newScope(): AsyncScope | undefined {
  return AsyncResource && new AsyncResource('SpindleTask')
}

/** The Tasks of all loops, unless they opt out: on Node, Bun and Deno they keep `AsyncLocalStorage`. */
export const HostTask: typeof Task = AsyncResource === undefined ? Task : TaskWithStores
