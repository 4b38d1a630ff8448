// Spindle's functions with which threads and processes start. The other side loads their files. A bundle has no such
// files: the other side loads the bundle itself, which registers the functions as soon as it is evaluated:
//
//   thread: globalThis[spindle.bundle] = start ──import(bundle)──▶ start.own ──▶ start.own('runThread')

import type { AsyncLocalStorage } from 'node:async_hooks'
import type { AnyFunction } from './function-reference.ts'
import { references } from './known-functions.ts'

interface BundleStart {
  readonly isLoadingModule: boolean
  readonly storage: AsyncLocalStorage<true>
  own: ((name: string) => AnyFunction | undefined) | undefined
}

const functions = new Map<string, AnyFunction>()

/** `import.meta`, which is empty in a bundle that is CommonJS. */
export type Meta = { readonly url?: string }

/** Lets the other side find `fn` by `name`, also after a minifier has changed its own name. */
export function ownFunction(meta: Meta, name: string, fn: AnyFunction): void {
  functions.set(name, fn)
  const module = meta.url ?? 'spindle:bundle'
  references.set(fn, { module, name, place: undefined, path: [name], variable: name, isOwn: true })
}

export function loadedOwnFunction(name: string): AnyFunction | undefined {
  return functions.get(name)
}

/** Whether a thread that starts from this bundle is importing it, or runs code that the import left running. */
export function isLoadingBundle(): boolean {
  const start = bundleStart()
  return start !== undefined && (start.isLoadingModule || start.storage.getStore() === true)
}

export function isStartedFromBundle(): boolean {
  return bundleStart() !== undefined
}

function bundleStart(): BundleStart | undefined {
  return Reflect.get(globalThis, Symbol.for('spindle.bundle')) as BundleStart | undefined
}

const starting = bundleStart()
if (starting !== undefined) starting.own ??= loadedOwnFunction
