import { repr } from '../inspect/repr.ts'

// The values of `Date.now()` from 2017 to 2049.
const EARLIEST = 1.5e12
const LATEST = 2.5e12

/**
 * Checks a time in ms.
 * @param name the caller's name for it: `delay`, `interval`, `when`
 * @throws TypeError if it is not a number; RangeError if it is NaN, or a date where the time counts from now
 */
export function checkDelay(name: string, delay: number): void {
  if (typeof delay !== 'number') throw new TypeError(`${name} must be a number of milliseconds, got ${repr(delay)}`)
  if (Number.isNaN(delay)) throw new RangeError(`Invalid ${name}: NaN (not a number)`)
  if (delay > EARLIEST && delay < LATEST && name !== 'when')
    throw new RangeError(`${name} counts from now, in ms, got ${delay}: for a date write \`date - Date.now()\``)
}

export function checkTimeout(name: string, timeout: number | undefined): void {
  if (timeout !== undefined) checkDelay(name, timeout)
}

/** Checks how long clean-up may take. @throws RangeError if it is negative */
export function checkGraceTime(graceTime: number | undefined): void {
  checkTimeout('graceTime', graceTime)
  if (graceTime !== undefined && graceTime < 0) throw new RangeError(`graceTime must be >= 0, got ${graceTime}`)
}
