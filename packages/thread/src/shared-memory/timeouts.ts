// Apart from the blocking itself, so that declarations with these types need no types of Node.

import { checkDelay, checkGraceTime, checkOptions } from '@spindle/loop/internal'

/** The options of a method that may block. */
export interface TimeoutOptions {
  /** How many ms to wait at most; 0 does not wait. @default no limit */
  readonly timeout?: number | undefined
}

/** The limit in the options of `caller`. @throws TypeError for a number instead of options, or an unknown option */
export function timeoutOf(caller: string, options: TimeoutOptions | undefined): number | undefined {
  checkOptions(caller, options, ['timeout'])
  return options?.timeout
}

/** A timeout as `threading` understands it: undefined waits forever, a negative one not at all. */
export function checkedTimeout(timeout: number | undefined, name = 'timeout'): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  if (name === 'timeout' && Number.isNaN(timeout)) throw new RangeError('Invalid value NaN (not a number)') // as CPython says it
  if (name === 'graceTime') checkGraceTime(timeout)
  checkDelay(name, timeout)
  return Math.max(timeout, 0)
}

/** The timeout of a lock: undefined waits forever, 0 not at all. @throws RangeError for a negative one */
export function lockTimeout(timeout: number | undefined, name = 'timeout value'): number {
  const limit = checkedTimeout(timeout)
  if (timeout !== undefined && timeout < 0) throw new RangeError(`${name} must be a non-negative number`)
  return limit
}
