// A step of a Task sees the stores of `AsyncLocalStorage` that belong to the Task. Entering them takes 10 ns, and where
// stores belong to the execution, reading them again after the step 35 ns. Where stores are frames (Node 24), a step is
// run directly if the Task's frame is that of the driver's turn, as long as nothing called enterWith().
// resource-stores.ts is for Node 20 and 22.
//
// enterWith() in a step that is run directly changes the stores of the driver. It is undone after the step.

import { type AsyncHooks, type AsyncScope, type AsyncStorage, ambient, hostProcess } from '@spindle/loop/internal'

export const asyncHooks: AsyncHooks | undefined = hostProcess()?.getBuiltinModule?.('node:async_hooks')

// In other runtimes the version of Node.js says whether a change by enterWith() ends with the step.
const ENDS_WITH_STEP = Number.parseInt(hostProcess()?.versions?.node ?? '0', 10) >= 24

const NONE = {}

export class HostStores {
  /** How often enterWith() was called: by users, and by `AsyncLocalStorage.run()` where stores are frames. */
  changes = 0
  // The property of an AsyncResource that holds its frame, if there are frames.
  #frameKey: symbol | undefined
  #hasFrames = false
  #isHooked = false
  // The turn whose frame is known from its second step on.
  #turn = -1
  #steps = 0
  #scope: AsyncScope | undefined
  #frame: unknown = NONE
  // A step has the execution id of its turn, or of the scope it has entered. Nested executions have others.
  #turnId = -1
  #entered: AsyncScope | undefined
  // The latest capture of the running step, and the changes until then. The same stores are captured once.
  #captured: AsyncScope | undefined
  #capturedAfter = 0
  #isDirect = false
  // The storages whose store a step that is run directly has changed.
  readonly #changed = new Set<AsyncStorage>()
  #enterWith: ((this: AsyncStorage, store: unknown) => void) | undefined
  readonly #hooks: AsyncHooks

  constructor(hooks: AsyncHooks) {
    this.#hooks = hooks
  }

  capture(): AsyncScope {
    if (this.#enterWith === undefined) this.#observe()
    if (!this.#hasFrames || this.#isHooked) return this.#make()
    const idOfStep = this.#isDirect ? this.#turnId : this.#entered?.asyncId()
    if (this.#hooks.executionAsyncId() !== idOfStep) return this.#make()
    if (this.#captured === undefined || this.#capturedAfter !== this.changes) {
      this.#captured = this.#make()
      this.#capturedAfter = this.changes
    }
    return this.#captured
  }

  #make(): AsyncScope {
    return new this.#hooks.AsyncResource('SpindleTask')
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
    this.#turnId = this.#hooks.executionAsyncId()
    return this.#frame === frame
  }

  beginDirectStep(): void {
    this.#isDirect = true
    this.#captured = undefined
  }

  endDirectStep(): void {
    this.#isDirect = false
  }

  /** Begins the first step of a Task, which has entered these stores, perhaps during a step that is run directly. */
  beginEnteredStep(scope: AsyncScope): void {
    this.#entered = scope
    this.#captured = undefined
  }

  /** Returns the stores at the end of a step that has entered them. */
  after(scope: AsyncScope, before: number, frame: unknown): AsyncScope {
    if (!this.#hasFrames) return ENDS_WITH_STEP ? this.capture() : scope
    if (this.changes === before) return scope
    this.#frame = frame // the driver has the same stores as before
    return this.capture()
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

  /** Sees from now on which stores are used. */
  #observe(): void {
    const { AsyncLocalStorage, AsyncResource, createHook } = this.#hooks
    const { prototype } = AsyncLocalStorage
    const { enterWith } = prototype
    this.#enterWith = enterWith
    const hook = Object.getPrototypeOf(createHook({})) as { enable(): unknown }
    const keys = Object.getOwnPropertySymbols(new AsyncResource('SpindleTask'))
    this.#frameKey = keys.find(({ description }) => description === 'context_frame')
    if (hook === Object.prototype || this.#frameKey === undefined) return // Bun, or another runtime
    this.#hasFrames = true
    const stores = this
    prototype.enterWith = function (store: unknown): void {
      stores.changes++
      if (stores.#isDirect) stores.#changed.add(this)
      else stores.#frame = NONE // a callback of the loop may change the stores of the driver
      enterWith.call(this, store)
    }
    // Hooks follow the resources themselves.
    const { enable } = hook
    hook.enable = function () {
      stores.#isHooked = true
      stores.#frame = NONE
      return enable.call(this)
    }
  }
}

/** The stores of `AsyncLocalStorage` in this thread; undefined where there is none. */
export const hostStores: HostStores | undefined = asyncHooks && new HostStores(asyncHooks)
