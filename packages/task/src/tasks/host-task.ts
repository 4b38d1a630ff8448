import type { Coroutine } from '@spindle/loop'
import { type AsyncScope, hostProcess } from '@spindle/loop/internal'
import { Task, type TaskOptions } from './task.ts'

const process = hostProcess()
const AsyncResource = process?.getBuiltinModule?.('node:async_hooks')?.AsyncResource

/**
 * What Tasks need of Node's `AsyncResource`: those that async functions have, too, so that a step sees the stores of
 * `AsyncLocalStorage` that the Task was created with, and not those of whatever made the loop iterate. It takes 10 ns a
 * step. `AsyncLocalStorage.snapshot()` would take 100 times as long to make on Node 20.
 */
class TaskWithStores<out T = unknown> extends Task<T> {
  // The stores as the last step left them; undefined in an eager first step, where they are right already.
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

// Where stores belong to what is being executed (Node 24), what enterWith() has set would end with the step.
const STORES_END_WITH_SCOPE = Number.parseInt(process?.versions?.node ?? '0', 10) >= 24

function newScope(): AsyncScope | undefined {
  return AsyncResource && new AsyncResource('SpindleTask')
}

/** The Tasks of all loops, unless they opt out: on Node, Bun and Deno they keep `AsyncLocalStorage`. */
export const HostTask: typeof Task = AsyncResource === undefined ? Task : TaskWithStores
