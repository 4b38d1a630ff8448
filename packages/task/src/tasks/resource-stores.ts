// Node 20 and 22 keep the stores of AsyncLocalStorage on the resource that is executing. A Task keeps a list of them.
// A step puts its list on the resource and then the list of the driver, as `AsyncLocalStorage.run()` does with its own
// store; if the lists are equal, it does nothing. To enter an AsyncResource would take several times as long.

import { type AsyncHooks, type AsyncScope, type AsyncStorage, ambient } from '@spindle/loop/internal'

/** One for each storage that was ever used, in the order of `ResourceStores.keys`. Missing ones are undefined. */
export type Stores = readonly unknown[]

type Resource = Record<symbol, unknown>

interface StorageOfResources extends AsyncStorage {
  readonly kResourceStore: symbol
  _enable(): void
}

const NO_STORES: Stores = []

export function keepsStoresOnResources({ AsyncLocalStorage }: AsyncHooks): boolean {
  return 'kResourceStore' in new AsyncLocalStorage() && '_enable' in AsyncLocalStorage.prototype
}

export class ResourceStores {
  /** How often `enterWith()` was called, or a storage was used for the first time. */
  changes = 0
  /** Whether hooks follow the resources: then each Task has one, and enters it. */
  isHooked = false
  /** The stores of the driver in this turn. */
  outside: Stores = NO_STORES
  private resource: Resource | undefined // of the driver in this turn, if a storage was ever used
  private turn = -1
  private changesSeen = 0
  private last: Stores = NO_STORES // the newest list: Tasks that are made with the same stores share it
  private isObserving = false
  // The properties of a resource that hold stores, one for each storage that was ever used.
  private readonly keys: symbol[] = []
  private readonly hooks: AsyncHooks

  constructor(hooks: AsyncHooks) {
    this.hooks = hooks
  }

  /** Returns the stores of the running code. */
  take(): Stores {
    if (!this.isObserving) this.observe()
    if (this.keys.length === 0) return NO_STORES
    const resource = this.executing()
    const isNew = this.keys.some((key, index) => resource[key] !== this.last[index])
    if (isNew) this.last = this.keys.map((key) => resource[key])
    return this.last
  }

  /** Gives the running code these stores. */
  put(stores: Stores): void {
    if (this.keys.length > 0) this.putOn(this.executing(), stores)
  }

  /** Gives the driver these stores, for a step. */
  putOutside(stores: Stores): void {
    this.putOn(this.resource as Resource, stores)
  }

  private putOn(resource: Resource, stores: Stores): void {
    const { keys } = this
    for (let i = 0; i < keys.length; i++) resource[keys[i] as symbol] = stores[i]
  }

  /** Whether a step sees these stores if it is run as it is. */
  areCurrent(stores: Stores): boolean {
    if (ambient.turns !== this.turn || this.changes !== this.changesSeen) this.lookOutside()
    const { outside } = this
    if (stores === outside) return true
    for (let i = 0; i < this.keys.length; i++) if (stores[i] !== outside[i]) return false
    return true
  }

  /** Gives the driver its stores back after a step. Returns those that the step leaves. */
  takeBack(): Stores {
    const left = this.take()
    this.put(this.outside)
    this.changesSeen = this.changes
    return left
  }

  scope(): AsyncScope {
    return new this.hooks.AsyncResource('SpindleTask')
  }

  private lookOutside(): void {
    this.turn = ambient.turns
    this.changesSeen = this.changes
    this.outside = this.take()
    if (this.keys.length > 0) this.resource = this.executing()
  }

  private executing(): Resource {
    return this.hooks.executionAsyncResource() as Resource
  }

  /** Sees from now on which storages are used, what `enterWith()` changes, and whether there are hooks. */
  private observe(): void {
    this.isObserving = true
    const stores = this
    const { AsyncLocalStorage, createHook } = this.hooks
    const prototype = AsyncLocalStorage.prototype as StorageOfResources
    const hook = Object.getPrototypeOf(createHook({})) as { enable(): unknown }
    const { enterWith, _enable: enableStorage } = prototype
    const { enable: enableHook } = hook
    const inUse = Object.getOwnPropertySymbols(this.scope())
    this.keys.push(...inUse.filter(({ description }) => description === 'kResourceStore'))
    prototype.enterWith = function (store: unknown): void {
      stores.changes++
      enterWith.call(this, store)
    }
    prototype._enable = function (): void {
      if (!stores.keys.includes(this.kResourceStore)) {
        stores.keys.push(this.kResourceStore)
        stores.changes++
      }
      const { isHooked } = stores
      enableStorage.call(this) // enables a hook that all storages share
      stores.isHooked = isHooked
    }
    hook.enable = function (): unknown {
      stores.isHooked = true
      return enableHook.call(this)
    }
  }
}
