// A thread imports the module of its target. If that module starts threads while it is imported, each of them would
// import it again, start threads again, and so on forever. So a thread that imports, starts none.

import { AsyncLocalStorage } from 'node:async_hooks'
import { keepGlobals, noteFailedModule } from './illness.ts'
import { isRequired, loadModule } from './load-module.ts'
import { isLoadingBundle } from './own-functions.ts'
import { isWorkerOfTestRun } from './test-run.ts'
import { registerFor } from './typescript-loader.ts'
import { uncaught } from './uncaught.ts'

/** Whether the running code was called by the import of a module in a thread, at once or after a wait. */
export function isLoadingModule(): boolean {
  return importing > 0 || storage?.getStore() === true || isLoadingBundle()
}

/** Why this thread or process ends now, if it is known: an exception, or the module that it loads. */
export function reasonOfEnd(code: number | undefined): string | undefined {
  const exception = uncaught()
  if (loading !== undefined && exception === undefined && (code === 0 || code === NEVER_SETTLED))
    return `its module ${loading} exits while it is loaded, or its top-level await never ends there. ${GUARD}`
  if (loading !== undefined)
    return `its module ${loading} failed while it was loaded: ${exception ?? `exit code ${code}`}. ${GUARD}`
  return exception && `nothing caught an exception of this call or one before it: ${exception}`
}

const NEVER_SETTLED = 13 // the exit code of a Node process whose top-level await never ends; that of a thread is 0

/** Advice about a module that can't be loaded elsewhere. */
export const GUARD: string =
  'If that module is a program, write `if (isMain(import.meta))` before what it does when it is started'

export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  // The storage recognises code that the module leaves running, such as an unguarded async main.
  storage ??= new AsyncLocalStorage()
  if (!isRequired(url)) await registerFor(url)
  if (isWorkerOfTestRun()) (await import('./test-runners.ts')).standInForTestRunner(isLoadingModule)
  // stderr may be one. All other resources that are active now may have ended when the module is loaded.
  const streams = process.getActiveResourcesInfo().filter((type) => /^(?:Pipe|TTY)Wrap$/.test(type)).length
  importing++
  if (!loaded.has(url)) loading = url
  try {
    const module = await storage.run(true, () => loadModule(url))
    if (!loaded.has(url)) keepGlobals()
    loaded.add(url)
    return module
  } catch (error) {
    noteFailedModule(url)
    throw error
  } finally {
    importing--
    // An AsyncLocalStorage makes every await three times as slow on Node 20 and 22. Without more active resources
    // nothing was left running, so the storage is not needed.
    await new Promise(setImmediate)
    if (importing === 0) loading = undefined
    if (process.getActiveResourcesInfo().length <= streams) storage.disable()
  }
}

let importing = 0
let loading: string | undefined // until one turn after the import: a server may fail in it
const loaded = new Set<string>()
let storage: AsyncLocalStorage<true> | undefined
