// Few modules use a test runner. Most threads of a test need no stand-in for one, and load only this, which looks.

/** The modules that are test runners. */
export const RUNNERS: readonly string[] = ['node:test', 'vitest', '@jest/globals']

/** Whether a module imports a test runner, or calls its global functions. */
export function usesTestRunner(url: string): boolean {
  const text = textOf(url)
  return text !== undefined && (IMPORT.test(text) || GLOBALS.test(text))
}

const IMPORT = new RegExp(`['"](?:${RUNNERS.join('|')})['"]`)
const GLOBALS = /^\s*(?:describe|suite|it|test)\b/m

/** As in text-of.ts, without `node:url`, which a thread would have to load first. */
function textOf(url: string): string | undefined {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(new URL(url), 'utf8')
  } catch {
    return undefined
  }
}
