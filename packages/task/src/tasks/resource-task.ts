import type { Coroutine } from '@spindle/loop'
import type { AsyncScope } from '@spindle/loop/internal'
import type { ResourceStores, Stores } from './resource-stores.ts'
import { Task, type TaskOptions } from './task.ts'

/** Makes the class of Tasks whose steps see the stores of `AsyncLocalStorage` that the Task was created with. */
export function createResourceTask(host: ResourceStores): typeof Task {
  return class TaskWithStores<out T = unknown> extends Task<T> {
    // Those at the end of the last step. Undefined before an eager first step, which begins with those of its creator.
    private stores: Stores | undefined
    private scope: AsyncScope | undefined

    constructor(coroutine: Coroutine<T>, options?: TaskOptions) {
      super(coroutine, options)
      this.stores ??= host.capture()
      if (host.isHooked) this.scope = host.scope()
    }

    override get reprName(): string {
      return 'Task'
    }

    /** @internal */
    override run(): void {
      const { stores } = this
      if (host.isHooked) {
        this.scope ??= host.scope()
        return this.scope.runInAsyncScope(this.runSaving, this)
      }
      if (stores === undefined) return this.runSaving()
      const { changes } = host
      const areCurrent = host.areCurrent(stores)
      if (!areCurrent) host.put(stores)
      try {
        super.run()
      } finally {
        if (host.changes !== changes) this.stores = host.restore()
        else if (!areCurrent) host.put(host.outside)
      }
    }

    /** A step inside of other code, or on a resource of its own. */
    private runSaving(): void {
      const outside = host.capture()
      this.stores ??= outside
      host.put(this.stores, host.executing())
      try {
        super.run()
      } finally {
        this.stores = host.capture()
        host.put(outside, host.executing())
      }
    }
  }
}
