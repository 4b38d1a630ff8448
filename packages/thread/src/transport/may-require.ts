import { ES_MODULE } from './load-module.ts'
import { isTestRun } from './test-run.ts'
import { hasLoader, options } from './typescript-loader.ts'

/** Whether a thread may use `require()` for modules such as this URL. */
export function mayRequire(url: string): boolean {
  return isNodeWithRequire() && ES_MODULE.test(url) && mayHook()
}

/** Whether nothing but Node itself loads the modules of this program, as far as its options tell. */
export function mayHook(): boolean {
  return !HOOK_OPTION.test(options()) && !hasLoader() && !isTestRun()
}

function isNodeWithRequire(): boolean {
  const { require_module } = process.features as { readonly require_module?: boolean } // Node ≥ 20.19
  return require_module === true && process.versions['bun'] === undefined && !('Deno' in globalThis) && !WARNS
}

const HOOK_OPTION = /(?:^|\s)(?:-r|--require|--import|--(?:experimental-)?loader)(?=[\s=]|$)/
const WARNS = /^v(?:22\.12|23\.[0-4])\./.test(process.version) // that `require()` of an ES module is new
