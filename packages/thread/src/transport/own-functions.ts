// Spindle's functions with which threads and processes start. In the package each is in a file that the other side
// loads. A bundler leaves no such files. There the other side loads the bundle itself, which registers them as soon as
// it is evaluated:
//
//   thread: globalThis[spindle.bundle] = start ──import(bundle)──▶ start.own ──▶ start.own('runThread')

import type { AsyncLocalStorage } from 'node:async_hooks'
import type { AnyFunction } from './function-reference.ts'
import { setReference } from './known-functions.ts'

/** What a thread or process that starts from a bundle has put where the bundle finds it. */
interface BundleStart {
  isLoadingModule: boolean
  readonly storage: AsyncLocalStorage<true>
  own: ((name: string) => AnyFunction | undefined) | undefined
}

const functions = new Map<string, AnyFunction>()

/** Where there is no `import.meta`, in a bundle that is CommonJS. */
export type Meta = { readonly url?: string }

/** Makes `fn` one that the other side finds by `name`, without an inspector too. A minifier may change its own name. */
export function ownFunction(meta: Meta, name: string, fn: AnyFunction): void {
  functions.set(name, fn)
  setReference(fn, {
    module: meta.url ?? 'spindle:bundle',
    name,
    place: undefined,
    path: [name],
    variable: name,
    isOwn: true,
  })
}

/** An own function that is loaded here already. */
export function loadedOwnFunction(name: string): AnyFunction | undefined {
  return functions.get(name)
}

/**
 * Whether this code is part of a bundle that is just being imported elsewhere, or was called by what that left running.
 */
export function isLoadingBundle(): boolean {
  const start = bundleStart()
  return start !== undefined && (start.isLoadingModule || start.storage.getStore() === true)
}

/** Whether this thread or process was started by a pool, or as a Thread, from a bundle. */
export function isStartedFromBundle(): boolean {
  return bundleStart() !== undefined
}

function bundleStart(): BundleStart | undefined {
  return Reflect.get(globalThis, Symbol.for('spindle.bundle')) as BundleStart | undefined
}

const starting = bundleStart()
if (starting !== undefined) starting.own ??= loadedOwnFunction
