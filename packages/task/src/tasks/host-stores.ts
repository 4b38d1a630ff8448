// A step of a Task sees the stores of `AsyncLocalStorage` that belong to the Task. Entering them takes 10 ns, and where
// stores belong to the execution, reading them again after the step 35 ns. Where stores are frames (Node 24), a step is
// run directly if the Task's frame is that of the driver's turn, as long as nothing called enterWith().
// resource-stores.ts is for Node 20 and 22. On Bun and Deno, a step cannot tell which stores are current, and entering
// some takes up to 4 µs. Everywhere, all steps are run directly until a storage is used for the first time.
//
// enterWith() in a step that is run directly changes the stores of the driver. It is undone after the step.

import { type AsyncHooks, type AsyncScope, type AsyncStorage, ambient, hostProcess } from '@spindle/loop/internal'
import { keepsStoresOnResources } from './resource-stores.ts'

export const asyncHooks: AsyncHooks | undefined = hostProcess()?.getBuiltinModule?.('node:async_hooks')

const NONE = {}

export class HostStores {
  /** How often enterWith() was called: by users, and by `AsyncLocalStorage.run()` where stores are frames. */
  changes = 0
  /** False until a storage is used for the first time, if that is watched from the start: there are no stores. */
  areUsed: boolean
  /** Whether the host keeps stores as resource-stores.ts expects, and needs none of this. */
  readonly areOnResources: boolean
  // The property of an AsyncResource that holds its frame, if there are frames.
  readonly #frameKey: symbol | undefined
  readonly #hasFrames: boolean
  #isHooked = false
  // The turn whose frame is known from its second step on.
  #turn = -1
  #steps = 0
  #scope: AsyncScope | undefined
  #frame: unknown = NONE
  // A step has the execution id of its turn, or of the scope it has entered. Nested executions have others.
  #turnId = -1
  #entered: AsyncScope | undefined
  // The stores of the running step, and the changes until it had them: Tasks that it makes share them.
  #captured: AsyncScope | undefined
  #capturedAfter = 0
  #isDirect = false
  // The storages whose store a step that is run directly has changed.
  readonly #changed = new Set<AsyncStorage>()
  #enterWith: ((this: AsyncStorage, store: unknown) => void) | undefined
  readonly #hooks: AsyncHooks
  readonly #executionId: () => number // to look it up in the module takes 6 % of a spawn

  constructor(hooks: AsyncHooks) {
    this.#hooks = hooks
    this.#executionId = hooks.executionAsyncId
    const keys = Object.getOwnPropertySymbols(this.#make())
    this.#frameKey = keys.find(({ description }) => description === 'context_frame')
    const modules = hostProcess()?.moduleLoadList
    const loadedBefore = modules?.length
    // An option of Node 24 turns frames off: then each Task has a resource of its own, and enters it.
    const hasResources = 'kResourceStore' in new hooks.AsyncLocalStorage()
    this.#hasFrames = this.#frameKey !== undefined && !hasResources
    // Node has just loaded AsyncLocalStorage. If something had asked for it before, there may be stores.
    this.areUsed = hasResources || (this.#hasFrames && modules?.length === loadedBefore)
    this.areOnResources = keepsStoresOnResources(hooks)
    if (!this.areOnResources) this.#observe()
  }

  capture(): AsyncScope {
    if (!this.areUsed) return this.#none()
    if (!this.#hasFrames || this.#isHooked) return this.#make()
    const idOfStep = this.#isDirect ? this.#turnId : this.#entered?.asyncId()
    if (this.#executionId() !== idOfStep) return this.#make()
    if (this.#captured === undefined || this.#capturedAfter !== this.changes) return this.#stepHas(this.#make())
    return this.#captured
  }

  #stepHas(scope: AsyncScope): AsyncScope {
    this.#captured = scope
    this.#capturedAfter = this.changes
    return scope
  }

  #make(): AsyncScope {
    return new this.#hooks.AsyncResource('SpindleTask')
  }

  #none(): AsyncScope {
    this.#captured ??= this.#make()
    return this.#captured
  }

  /** The frame of the driver's stores, if it is known. */
  get frame(): unknown {
    return this.#frame
  }

  /** Whether a step would see these stores without entering them. */
  isCurrent(scope: AsyncScope): boolean {
    const frame = this.#frameOf(scope)
    if (frame === this.#frame && ambient.turns === this.#turn) return true
    return this.#isCurrentNow(frame)
  }

  #frameOf(scope: AsyncScope): unknown {
    return this.#frameKey && (scope as unknown as Record<symbol, unknown>)[this.#frameKey]
  }

  /** Whether a turn that begins in the callback of a promise has the stores that it was passed to then() with. */
  areEntered(scope: AsyncScope): boolean {
    if (this.#isHooked || !this.#hasFrames) return false
    this.#scope = scope // those to return to, if the step calls enterWith()
    this.#turnId = -1 // it takes longer to find out than a turn of one step may
    return true
  }

  #isCurrentNow(frame: unknown): boolean {
    if (this.#isHooked || !this.#hasFrames) return false
    if (this.#turn !== ambient.turns) {
      this.#turn = ambient.turns
      this.#steps = 0
      this.#frame = NONE
      return false // a turn of one step would not repay the frame
    }
    if (this.#steps++ > 0) return false
    this.#scope = this.capture()
    this.#frame = this.#frameOf(this.#scope)
    this.#turnId = this.#executionId()
    return this.#frame === frame
  }

  beginDirectStep(scope: AsyncScope): void {
    this.#isDirect = true
    this.#stepHas(scope)
  }

  endDirectStep(): void {
    this.#isDirect = false
  }

  /** Begins the first step of a Task, which has entered these stores, perhaps during a step that is run directly. */
  beginEnteredStep(scope: AsyncScope): void {
    this.#entered = scope
    this.#stepHas(scope)
  }

  after(scope: AsyncScope, before: number, frame: unknown): AsyncScope {
    const left = this.changes === before ? scope : this.capture()
    if (left !== scope) this.#frame = frame // the driver has the same stores as before
    this.#entered = undefined // a step that was interrupted, by an eager start, may have entered the same scope
    return left
  }

  /** Gives the driver its stores back after a step that is run directly, and returns those that the step leaves. */
  restore(): AsyncScope {
    const enterWith = this.#enterWith as (store: unknown) => void
    const storages = [...this.#changed]
    const left = this.capture()
    this.#changed.clear()
    this.#frame = NONE // the same stores in another frame
    let before: unknown[] = [] // nothing, where no storage was ever used
    this.#scope?.runInAsyncScope(() => {
      before = storages.map((storage) => storage.getStore())
    }, this)
    for (const [index, storage] of storages.entries()) enterWith.call(storage, before[index])
    return left
  }

  /** Sees from now on what changes the stores of a step. */
  #observe(): void {
    const { AsyncLocalStorage, createHook } = this.#hooks
    const onChange = (storage: AsyncStorage): void => {
      this.changes++
      this.areUsed = true
      if (this.#isDirect) this.#changed.add(storage)
      else this.#frame = NONE // a callback of the loop may change the stores of the driver
    }
    this.#enterWith = callBefore(AsyncLocalStorage.prototype, 'enterWith', onChange)
    if (!this.#hasFrames) return void callBefore(AsyncLocalStorage.prototype, 'run', onChange)
    // Hooks follow the resources themselves.
    callBefore(Object.getPrototypeOf(createHook({})) as { enable(): unknown }, 'enable', () => {
      this.#isHooked = true
      this.areUsed = true
      this.#frame = NONE
    })
  }
}

type Method<O> = (this: O, ...args: unknown[]) => unknown

/** Has each call of a method preceded by one of `callback`. Returns the method. */
function callBefore<K extends string, O extends Record<K, Method<O>>>(
  owner: O,
  name: K,
  callback: (it: O) => void,
): Method<O> {
  const method: Method<O> = owner[name]
  owner[name] = function (this: O, ...args: unknown[]): unknown {
    callback(this)
    return method.apply(this, args)
  } as O[K]
  return method
}

/** The stores of `AsyncLocalStorage` in this thread; undefined where there is none. */
export const hostStores: HostStores | undefined = asyncHooks && new HostStores(asyncHooks)
