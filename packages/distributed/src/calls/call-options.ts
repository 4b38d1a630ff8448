import { repr } from 'spindle/internal'
import { checkCallOptions } from 'spindle/internal/thread'
import type { ExecutorCallOptions } from 'spindle/thread/types'

/** Options that `with` of a `DistributedExecutor` sets for the calls made through it. */
export interface DistributedCallOptions extends ExecutorCallOptions {
  /** The maximum number of attempts, including the first: how often it may run if it throws. @default 1 */
  readonly attempts?: number | undefined
  /** How many ms to wait before the second attempt; doubled each time, and varied by up to a half. @default 0 */
  readonly backoff?: number | undefined
  /** How many ms the call waits before it may start. @default 0 */
  readonly delay?: number | undefined
  /** How many ms it may wait; after that it never starts, and fails with a TimeoutError. @default no limit */
  readonly expires?: number | undefined
  /** All calls of a function with the same key are one job, as long as its result is kept. */
  readonly key?: string | undefined
}

const LEAST = { attempts: 1, backoff: 0, delay: 0, timeout: 1, expires: 1 } as const

/** The largest absolute value of a priority. */
export const MAX_PRIORITY = 1_000_000
const MAX_KEY_BYTES = 1024

/** @throws TypeError or RangeError for an unknown option or an invalid value */
export function checkOptionsOfCall(options: DistributedCallOptions): void {
  checkCallOptions(options, ['attempts', 'backoff', 'delay', 'expires', 'key'])
  const { key, priority = 0 } = options
  for (const [name, least] of Object.entries(LEAST)) checkInteger(name, options[name as keyof typeof LEAST], least)
  if (!Number.isInteger(priority) || Math.abs(priority) > MAX_PRIORITY)
    throw new RangeError(`priority must be an integer from -${MAX_PRIORITY} to ${MAX_PRIORITY}, got ${repr(priority)}`)
  if (key !== undefined) checkKey(key)
}

/** @throws RangeError */
export function checkInteger(name: string, value: number | undefined, least: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= least))
    throw new RangeError(`${name} must be an integer >= ${least}, got ${repr(value)}`)
}

/** @throws TypeError or RangeError */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${repr(key)}`)
  if (key === '') throw new RangeError('key must not be empty')
  if (key.includes(':')) throw new RangeError(`key must not contain ':', got ${repr(key)}`)
  const size = Buffer.byteLength(key)
  if (size > MAX_KEY_BYTES) throw new RangeError(`key must have at most ${MAX_KEY_BYTES} bytes, got ${size}`)
}
