// The first module of a thread or process, which calls one of Spindle's functions: see `own-functions.ts`.

import { existsSync } from 'node:fs'
import { callingScript } from './calling-script.ts'
import type { Meta } from './own-functions.ts'

export interface Entry {
  readonly module: string
  /** Whether it is the bundle this code is part of, rather than a file of the package. */
  readonly isBundle: boolean
}

/** @param name that of a file beside the module of `meta` */
export function entryPoint({ url }: Meta, name: string): Entry {
  if (url?.startsWith('file:')) {
    const file = new URL(`./${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url) // from source, or built
    if (existsSync(file)) return { module: file.href, isBundle: false }
  }
  return { module: callingScript(entryPoint) ?? 'spindle:bundle', isBundle: true }
}

/**
 * Starts a thread or process, before anything could load a .ts file. It is a script or a module, depending on the
 * options of the process. An unguarded bundle must not start threads again, neither at once nor after a wait; see
 * `import-module.ts`.
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
