import { repr } from '../inspect/repr.ts'

// The values of `Date.now()` from 2017 to 2049.
const EARLIEST = 1.5e12
const LATEST = 2.5e12

/**
 * Checks a time in ms, such as a point in time of a loop.
 * @param name the caller's name for it: `when`
 * @throws TypeError if it is not a number; RangeError if it is NaN
 */
export function checkTime(name: string, time: number): void {
  if (typeof time !== 'number') throw new TypeError(`${name} must be a number of milliseconds, got ${repr(time)}`)
  if (Number.isNaN(time)) throw new RangeError(`Invalid ${name}: NaN (not a number)`)
}

/**
 * Checks a time in ms that counts from now: a `delay`, an `interval`, a `timeout`.
 * @throws what `checkTime()` throws; RangeError if it is a date
 */
export function checkDelay(name: string, delay: number): void {
  checkTime(name, delay)
  if (delay > EARLIEST && delay < LATEST)
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
