// `require()` loads an ES module in half the time of `import()`, which returns to the host at each step. It gives the
// same instance, as long as nothing hooks into only one of the two.

import { types } from 'node:util'
import { isTestRun } from './test-run.ts'
import { hasLoader, options } from './typescript-loader.ts'

type Require = (path: string) => unknown

/** Whether a thread that starts now may use `require()` for the module with this URL, and for others like it. */
export function mayRequire(url: string): boolean {
  return isNodeWithRequire() && ES_MODULE.test(url) && !HOOK_OPTION.test(options()) && !hasLoader() && !isTestRun()
}

/** This thread may use `require`. */
export function setRequire(require: Require): void {
  requireHere = require
}

/** Whether this thread loads the module with this URL by `require()`, if that can. */
export function isRequired(url: string): boolean {
  return requireHere !== undefined && ES_MODULE.test(url)
}

/** Loads a module on this thread. */
export async function loadModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  let reason: unknown
  if (isRequired(url)) {
    try {
      const loaded = requireHere?.(pathOf(url))
      if (types.isModuleNamespaceObject(loaded)) return loaded as Readonly<Record<string, unknown>>
    } catch (error) {
      reason = error // it fails, or awaits something: `import()` will tell, without evaluating it again
    }
  }
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ url)
  } catch (error) {
    // Node 20 and 22 can't import a module that `require()` could not link.
    throw (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_INTERNAL_ASSERTION' ? reason : error
  }
}

/** As `fileURLToPath` of `node:url`, which a thread would have to load first. */
function pathOf(url: string): string {
  const path = decodeURIComponent(url.slice('file://'.length))
  return process.platform === 'win32' ? path.slice(1) : path
}

function isNodeWithRequire(): boolean {
  const { require_module } = process.features as { readonly require_module?: boolean } // Node ≥ 20.19
  return require_module === true && process.versions['bun'] === undefined && !('Deno' in globalThis) && !WARNS
}

const ES_MODULE = /^file:\/\/\/(?!\/)(?!.*%(?:2f|5c))[^?#]*\.m?js$/i
const HOOK_OPTION = /(?:^|\s)(?:-r|--require|--import|--(?:experimental-)?loader)(?=[\s=]|$)/
const WARNS = /^v(?:22\.12|23\.[0-4])\./.test(process.version) // that `require()` of an ES module is new

let requireHere: Require | undefined
