// A thread imports the module of its target. If that module starts threads while it is imported, each of them would
// import it again, start threads again, and so on forever. So a thread that imports, starts none.

import { AsyncLocalStorage } from 'node:async_hooks'
import { isRequired, loadModule } from './load-module.ts'
import { isLoadingBundle } from './own-functions.ts'
import { isTestRun } from './test-run.ts'
import { registerFor } from './typescript-loader.ts'
import { uncaught } from './uncaught.ts'
import { usesTestRunner } from './uses-test-runner.ts'

/** Whether the code that runs now was called by the import of a module in a thread, be it at once or after a wait. */
export function isLoadingModule(): boolean {
  return importing > 0 || storage?.getStore() === true || isLoadingBundle()
}

/** Why this thread or process ends now, if it is known: an exception, or the module that it loads. */
export function reasonOfEnd(code: number | undefined): string | undefined {
  const exception = uncaught()
  if (loading !== undefined && exception === undefined && (code === 0 || code === NEVER_SETTLED))
    return `its module ${loading} exits while it is loaded, or awaits what never comes there. ${GUARD}`
  if (loading !== undefined)
    return `its module ${loading} failed while it was loaded: ${exception ?? `exit code ${code}`}. ${GUARD}`
  return exception && `nothing caught an exception of this call or one before it: ${exception}`
}

const NEVER_SETTLED = 13 // how a process of Node exits that awaits what never comes; a thread does with 0

/** Advice about a module that can't be loaded elsewhere. */
export const GUARD: string =
  'If that module is a program, write `if (isMain(import.meta))` before what it does when it is started'

/** Imports a module for a thread. */
export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  // What the module leaves running (an unguarded async main) is known by the storage; the counter alone would miss it.
  storage ??= new AsyncLocalStorage()
  if (!isRequired(url)) await registerFor(url)
  if (isTestRun() && usesTestRunner(url)) {
    const { standInForTestRunner } = await import('./test-runners.ts')
    standInForTestRunner(isLoadingModule)
  }
  importing++
  if (!loaded.has(url)) loading = url
  try {
    const module = await storage.run(true, () => loadModule(url))
    loaded.add(url)
    return module
  } finally {
    importing--
    // An AsyncLocalStorage makes every await three times as slow on Node 20 and 22. If nothing waits for anything now,
    // nothing was left running, and it is not needed any more.
    await new Promise(setImmediate)
    if (importing === 0) {
      loading = undefined
    }
    if (process.getActiveResourcesInfo().length === 0) storage.disable()
  }
}

let importing = 0
let loading: string | undefined // until a server, say, had its turn to fail
const loaded = new Set<string>()
let storage: AsyncLocalStorage<true> | undefined
