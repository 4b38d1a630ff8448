// Node 20 and 22 keep the stores of AsyncLocalStorage on the resource that is executing. A Task keeps a list of them.
// A step puts its list on the resource and then the list of the driver, as `AsyncLocalStorage.run()` does with its own
// store; if the lists are equal, it does nothing. To enter an AsyncResource would take several times as long.

import { type AsyncHooks, type AsyncScope, type AsyncStorage, ambient, hostProcess } from '@spindle/loop/internal'

/** One for each storage that was ever used, in the order of `ResourceStores.keys`. Missing ones are undefined. */
export type Stores = readonly unknown[]

type Resource = Record<symbol, unknown>

interface StorageOfResources extends AsyncStorage {
  readonly kResourceStore: symbol
  _enable(): void
}

export function keepsStoresOnResources({ AsyncLocalStorage }: AsyncHooks): boolean {
  // With `--no-async-context-frame`, Node 24 keeps them in an object of the resource.
  if (Number.parseInt(hostProcess()?.versions?.node ?? '', 10) >= 24) return false
  return 'kResourceStore' in new AsyncLocalStorage() && '_enable' in AsyncLocalStorage.prototype
}

export class ResourceStores {
  /** How often `enterWith()` was called, or a storage was used for the first time. */
  changes = 0
  /** Whether hooks follow the resources: then each Task has one, and enters it. */
  isHooked = false
  /** The stores of the driver in this turn, and where they are, if a storage was ever used. */
  outside: Stores = []
  private resource: Resource | undefined
  private turn = -1
  private changesSeen = 0
  private last: Stores = [] // the newest list: Tasks that are made with the same stores share it
  private isObserving = false
  private none: AsyncScope | undefined
  // The properties of a resource that hold stores, one for each storage that was ever used.
  private readonly keys: symbol[] = []
  private readonly hooks: AsyncHooks

  constructor(hooks: AsyncHooks) {
    this.hooks = hooks
  }

  capture(): Stores {
    if (!this.isObserving) this.observe()
    if (this.keys.length === 0) return this.last
    const resource = this.executing()
    const isNew = this.keys.some((key, index) => resource[key] !== this.last[index])
    if (isNew) this.last = this.keys.map((key) => resource[key])
    return this.last
  }

  /** Puts stores on a resource: that of the driver, for a step. Without a storage there is none, and nothing to put. */
  put(stores: Stores, resource: Resource | undefined = this.resource): void {
    const { keys } = this
    for (let i = 0; i < keys.length; i++) (resource as Resource)[keys[i] as symbol] = stores[i]
  }

  /** Whether a step sees these stores if it is run as it is. */
  areCurrent(stores: Stores): boolean {
    if (ambient.turns !== this.turn || this.changes !== this.changesSeen) this.lookOutside()
    const { outside } = this
    if (stores === outside) return true
    for (let i = 0; i < this.keys.length; i++) if (stores[i] !== outside[i]) return false
    return true
  }

  /** Gives the driver its stores back after a step that has changed some. Returns those that the step leaves. */
  restore(): Stores {
    const left = this.capture()
    this.put(this.outside, this.executing())
    this.lookOutside() // there was nowhere to look before a storage was used
    return left
  }

  /** The scope of a callback. Until a storage is used, one serves all of them. */
  callbackScope(): AsyncScope {
    if (!this.isObserving) this.observe()
    if (this.keys.length > 0 || this.isHooked) return this.scope()
    this.none ??= this.scope()
    return this.none
  }

  scope(): AsyncScope {
    return new this.hooks.AsyncResource('SpindleTask')
  }

  executing(): Resource {
    return this.hooks.executionAsyncResource() as Resource
  }

  private lookOutside(): void {
    this.turn = ambient.turns
    this.changesSeen = this.changes
    this.outside = this.capture()
    if (this.keys.length > 0) this.resource = this.executing()
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
