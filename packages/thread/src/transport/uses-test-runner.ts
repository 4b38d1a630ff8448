// Few modules use a test runner. Most threads of a test need no stand-in for one, and load only this, which looks.

import { textOf } from './text-of.ts'

/** The modules that are test runners. */
export const RUNNERS: readonly string[] = ['node:test', 'vitest', '@jest/globals']

/** Whether a module imports a test runner, or calls its global functions. */
export function usesTestRunner(url: string): boolean {
  const text = textOf(url)
  return text !== undefined && (IMPORT.test(text) || GLOBALS.test(text))
}

const IMPORT = new RegExp(`['"](?:${RUNNERS.join('|')})['"]`)
const GLOBALS = /^\s*(?:describe|suite|it|test)\b/m
