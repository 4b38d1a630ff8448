import type { Coroutine } from '@spindle/loop'
import type { AsyncScope } from '@spindle/loop/internal'
import { asyncHooks, type HostStores, hostStores } from './host-stores.ts'
import { ResourceStores } from './resource-stores.ts'
import { createResourceTask } from './resource-task.ts'
import { Task, type TaskOptions } from './task.ts'

const host = hostStores as HostStores // where there are none, no such Task is made
const onResources = asyncHooks && host.areOnResources ? new ResourceStores(asyncHooks) : undefined

/**
 * A Task with an `AsyncResource`, like async functions of Node: each step sees the stores of `AsyncLocalStorage` that
 * the Task was created with, rather than the stores of the driver. On Node 20 and 22, `resource-task.ts` has its own.
 */
class TaskWithStores<out T = unknown> extends Task<T> {
  // The stores at the end of the last step; undefined before an eager first step.
  private stores: AsyncScope | undefined

  constructor(coroutine: Coroutine<T>, options?: TaskOptions) {
    super(coroutine, options)
    this.stores ??= host.capture()
  }

  override get reprName(): string {
    return 'Task'
  }

  /** @internal */
  override run(): void {
    const { stores } = this
    if (stores !== undefined && this.isInStores(stores)) return this.runDirectly(stores)
    this.stores ??= host.capture()
    this.stores.runInAsyncScope(this.runInScope, this)
  }

  private isInStores(stores: AsyncScope): boolean {
    return !host.areUsed || this.isInCallback(stores) || host.isCurrent(stores)
  }

  private isInCallback(stores: AsyncScope): boolean {
    return this.waiter !== undefined && this.getLoop().driver?.resumedBy === this.waiter && host.areEntered(stores)
  }

  private runDirectly(stores: AsyncScope): void {
    const before = host.changes
    host.beginDirectStep(stores)
    try {
      this.step()
    } finally {
      host.endDirectStep()
      if (host.changes !== before) this.stores = host.restore()
    }
  }

  private runInScope(): void {
    const { changes, frame } = host
    const entered = this.stores as AsyncScope // by run()
    host.beginEnteredStep(entered)
    this.step()
    this.stores = host.after(entered, changes, frame)
  }
}

/** The Tasks of all loops, unless they opt out: on Node, Bun and Deno they keep `AsyncLocalStorage`. */
export const HostTask: typeof Task = hostTask()

function hostTask(): typeof Task {
  if (asyncHooks === undefined) return Task
  return onResources ? createResourceTask(onResources) : TaskWithStores
}

/** Returns the stores that a callback of a loop keeps; undefined where there are none. */
export const captureStores: (() => AsyncScope) | undefined =
  asyncHooks && (() => (onResources === undefined ? host.capture() : onResources.callbackScope()))
