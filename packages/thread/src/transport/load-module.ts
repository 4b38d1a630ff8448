// `require()` loads an ES module in half the time of `import()`, which returns to the host at each step. It gives the
// same instance, as long as nothing hooks into only one of the two.

import { types } from 'node:util'
import { isTestRun } from './test-run.ts'
import { hasLoader, options } from './typescript-loader.ts'

type Require = (path: string) => unknown

export function setRequire(require: Require): void {
  requireHere = require
}

export function isRequired(url: string): boolean {
  return requireHere !== undefined && ES_MODULE.test(url)
}

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

const ES_MODULE = /^file:\/\/\/(?!\/)(?!.*%(?:2f|5c))[^?#]*\.m?js$/i

let requireHere: Require | undefined

/** Whether a thread may use `require()` for modules such as this URL. */
export function mayRequire(url: string): boolean {
  const isHooked = HOOK_OPTION.test(options()) || hasLoader() || isTestRun() // as far as the options tell
  return isNodeWithRequire() && ES_MODULE.test(url) && !isHooked
}

function isNodeWithRequire(): boolean {
  const { require_module } = process.features as { readonly require_module?: boolean } // Node ≥ 20.19
  return require_module === true && process.versions['bun'] === undefined && !('Deno' in globalThis) && !WARNS
}

const HOOK_OPTION = /(?:^|\s)(?:-r|--require|--import|--(?:experimental-)?loader)(?=[\s=]|$)/
const WARNS = /^v(?:22\.12|23\.[0-4])\./.test(process.version) // that `require()` of an ES module is new
