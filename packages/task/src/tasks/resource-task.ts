import type { Coroutine } from '@spindle/loop'
import type { AsyncHooks, AsyncScope } from '@spindle/loop/internal'
import { ResourceStores, type Stores } from './resource-stores.ts'
import { Task, type TaskOptions } from './task.ts'

/** Makes the class of Tasks whose steps see the stores of `AsyncLocalStorage` that the Task was created with. */
export function createResourceTask(hooks: AsyncHooks): typeof Task {
  const host = new ResourceStores(hooks)

  return class TaskWithStores<out T = unknown> extends Task<T> {
    // Those at the end of the last step. Undefined before an eager first step, which begins with those of its creator.
    private stores: Stores | undefined
    private scope: AsyncScope | undefined

    constructor(coroutine: Coroutine<T>, options?: TaskOptions) {
      super(coroutine, options)
      this.stores ??= host.take()
      if (host.isHooked) this.scope = host.scope()
    }

    override get reprName(): string {
      return 'Task'
    }

    /** @internal */
    override run(): void {
      const { stores } = this
      if (stores === undefined || host.isHooked) return this.runSlow()
      const { changes } = host
      const areCurrent = host.areCurrent(stores)
      if (!areCurrent) host.putOutside(stores)
      try {
        super.run()
      } finally {
        if (host.changes !== changes) this.stores = host.takeBack()
        else if (!areCurrent) host.putOutside(host.outside)
      }
    }

    private runSlow(): void {
      if (this.stores === undefined) return this.runSaving()
      this.scope ??= host.scope()
      this.scope.runInAsyncScope(this.runSaving, this)
    }

    private runSaving(): void {
      const outside = host.take()
      this.stores ??= outside
      host.put(this.stores)
      try {
        super.run()
      } finally {
        this.stores = host.take()
        host.put(outside)
      }
    }
  }
}
