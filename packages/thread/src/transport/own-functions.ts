// Spindle's functions with which threads and processes start. In the package each is in a file that the other side
// loads. A bundler leaves no such files. There the other side loads the bundle itself, which registers them as soon as
// it is evaluated:
//
//   thread: globalThis[spindle.bundle] = start ──import(bundle)──▶ start.own ──▶ start.own('runThread')

import type { AsyncLocalStorage } from 'node:async_hooks'
import { existsSync } from 'node:fs'
import { callingScript } from './calling-script.ts'
import type { AnyFunction } from './function-reference.ts'
import { setReference } from './known-functions.ts'

/** What a thread or process that starts from a bundle has put where the bundle finds it. */
interface BundleStart {
  isLoadingModule: boolean
  readonly storage: AsyncLocalStorage<true>
  own: ((name: string) => AnyFunction | undefined) | undefined
}

/** What the other side loads first. */
export interface Entry {
  readonly module: string
  /** Whether it is the bundle this code is part of, rather than a file of the package. */
  readonly isBundle: boolean
}

const functions = new Map<string, AnyFunction>()

/** Where there is no `import.meta`, in a bundle that is CommonJS. */
type Meta = { readonly url?: string }

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

/** What the other side loads, to start with what stands in the file of this name beside the module of `meta`. */
export function entryPoint({ url }: Meta, name: string): Entry {
  if (url?.startsWith('file:')) {
    const file = new URL(`./${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url) // from source, or built
    if (existsSync(file)) return { module: file.href, isBundle: false }
  }
  return { module: callingScript(entryPoint) ?? 'spindle:bundle', isBundle: true }
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

/**
 * For what starts a thread or process: plain JavaScript in a string, as nothing is there yet that could load a .ts
 * file. It is a script or a module, depending on the options of the process: so it only uses what both have. An
 * unguarded bundle must not start threads again, neither at once nor after a wait; see `import-module.ts`.
 */
export const LOAD_OWN = `
const loadOwn = async ({ module, isBundle }, name) => {
  if (!isBundle) return (await import(module))[name]
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const start = { isLoadingModule: true, storage: new AsyncLocalStorage(), own: undefined }
  globalThis[Symbol.for('spindle.bundle')] = start
  await start.storage.run(true, () => import(module))
  start.isLoadingModule = false
  await new Promise(setImmediate)
  if (process.getActiveResourcesInfo().length === 0) start.storage.disable()
  const own = start.own?.(name)
  if (own === undefined) throw new Error(module + ' does not contain spindle/thread. Bundle all of it, or nothing')
  return own
}`

const starting = bundleStart()
if (starting !== undefined) starting.own ??= loadedOwnFunction
