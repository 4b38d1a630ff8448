// The stores of `AsyncLocalStorage` that a Task was created with belong to it, as they belong to an async function. An
// `AsyncResource` holds them, on Node, Bun and Deno. A turn of the loop enters that of its first entry, and a step its
// own if that is another.

import type { Coroutine } from '@spindle/loop'
import { type AsyncHooks, type AsyncScope, hostProcess, type LoopParts } from '@spindle/loop/internal'
import { Task, type TaskOptions } from './task.ts'

const hooks = hostProcess()?.getBuiltinModule?.('node:async_hooks') as AsyncHooks // not used where it is undefined
const executionId: (() => number) | undefined = hooks?.executionAsyncId // a look-up takes 6 % of a spawn

// How often a method was called that changes the stores of the running code; undefined before the first capture.
let changes: number | undefined
// Whether Tasks with the same stores may have the same resource: nothing writes to it, and each change is counted.
let canShare = false
// The resource that the running turn or step has entered, and the changes before.
let entered: AsyncScope | undefined
let enteredAfter: number | undefined

/** Returns the stores of the running code. A step that has not changed them shares those of its Task. */
function capture(): AsyncScope {
  if (changes === undefined) countChanges()
  else if (canShare && changes === enteredAfter && isInEntered()) return entered as AsyncScope
  return new hooks.AsyncResource('SpindleTask')
}

/** Code that a step calls may have entered another resource: an older one, or a snapshot. Bun gives no ids. */
function isInEntered(): boolean {
  const id = executionId?.()
  return id !== 0 && id === entered?.asyncId()
}

function countChanges(): void {
  changes = 0
  const { prototype } = hooks.AsyncLocalStorage
  try {
    for (const name of ['enterWith', 'run'] as const) {
      const method = prototype[name]
      prototype[name] = function (...args: unknown[]): unknown {
        ;(changes as number)++
        return method.apply(this, args)
      }
    }
    canShare = !('kResourceStore' in new hooks.AsyncLocalStorage()) // Node 20 and 22 write the stores to the resource
  } catch {
    changes = Number.NaN // The prototype is frozen: any step may have changed the stores, and NaN equals nothing.
  }
}

/** Runs a turn or a step with `stores`. */
function enter<T, R>(stores: AsyncScope, run: (this: T) => R, self: T): R {
  const outer = entered // of the turn, of the step that has started this one eagerly, or that blocks in runSync()
  const outerAfter = enteredAfter
  entered = stores
  enteredAfter = changes
  try {
    return stores.runInAsyncScope(run, self)
  } finally {
    entered = outer
    enteredAfter = outerAfter
  }
}

/** A Task whose steps see its own stores. */
class TaskWithStores<out T = unknown> extends Task<T> {
  /** The stores at the end of the last step; undefined before an eager first step. @internal */
  stores: AsyncScope | undefined

  constructor(coroutine: Coroutine<T>, options?: TaskOptions) {
    super(coroutine, options)
    this.stores ??= capture()
  }

  override get reprName(): string {
    return 'Task'
  }

  /** @internal */
  override run(): void {
    if (this.stores === entered && changes === enteredAfter) return this.runInScope()
    this.stores ??= capture() // an eager first step: what it changes stays unknown to the step that has started it
    enter(this.stores, this.runInScope, this)
  }

  private runInScope(): void {
    const before = changes
    try {
      this.step()
    } finally {
      if (changes !== before) this.stores = capture()
    }
  }
}

/** The Tasks of all loops, unless they opt out: on Node, Bun and Deno they keep `AsyncLocalStorage`. */
export const HostTask: typeof Task = hooks === undefined ? Task : TaskWithStores

/** Returns the stores that a callback of a loop keeps; undefined where there are none. */
export const captureStores: (() => AsyncScope) | undefined = hooks && capture

/** Runs a turn of a loop with the stores of its first entry, if others may share them. */
export const enterStores: LoopParts['enterStores'] =
  hooks && ((stores, turn) => (canShare ? enter(stores, turn, undefined) : turn()))
