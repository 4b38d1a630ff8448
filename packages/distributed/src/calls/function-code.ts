import { createHash } from 'node:crypto'
import { isTestRun, loaderHere, unwrap } from 'spindle/internal/thread'
import type { AnyFunction } from 'spindle/thread'

const STRINGS_AND_COMMENTS = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g

/**
 * `<how its text was made>:<hash of its text>`, without comments and white space. Undefined in a test runner, which
 * makes another text than a worker has.
 */
export function codeOf(fn: AnyFunction, module: string): string | undefined {
  if (isTestRun()) return undefined
  const text = Function.prototype.toString
    .call(unwrap(fn))
    .replace(STRINGS_AND_COMMENTS, (_, string: string | undefined) => string ?? ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ?([^\w$]) ?/g, '$1')
  const maker = `${loaderHere()}${/\.[cm]?tsx?$/.test(module) ? '-ts' : ''}`
  return `${maker}:${createHash('sha256').update(text).digest('base64url').slice(0, HASH_LENGTH)}`
}

const HASH_LENGTH = 22

/** Whether two functions differ. Texts that were made in different ways can't be compared. */
export function differ(code: unknown, other: string | undefined): boolean {
  return typeof code === 'string' && other !== undefined && code !== other && makerOf(code) === makerOf(other)
}

function makerOf(code: string): string {
  return code.slice(0, code.lastIndexOf(':'))
}
