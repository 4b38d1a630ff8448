// `require()` loads an ES module in half the time of `import()`, which returns to the host at each step. It gives the
// same instance, as long as nothing hooks into only one of the two.

import { types } from 'node:util'

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

export const ES_MODULE: RegExp = /^file:\/\/\/(?!\/)(?!.*%(?:2f|5c))[^?#]*\.m?js$/i

let requireHere: Require | undefined
