import { repr } from '../inspect/repr.ts'

/**
 * Checks a time in ms.
 * @param name the caller's name for it: `delay`, `interval`, `when`
 * @throws TypeError if it is not a number; RangeError if it is NaN
 */
export function checkDelay(name: string, delay: number): void {
  if (typeof delay !== 'number') throw new TypeError(`${name} must be a number of milliseconds, got ${repr(delay)}`)
  if (Number.isNaN(delay)) throw new RangeError(`Invalid ${name}: NaN (not a number)`)
}

export function checkTimeout(name: string, timeout: number | undefined): void {
  if (timeout !== undefined) checkDelay(name, timeout)
}

/** Checks how long clean-up may take. @throws RangeError if it is negative */
export function checkGraceTime(graceTime: number | undefined): void {
  checkTimeout('graceTime', graceTime)
  if (graceTime !== undefined && graceTime < 0) throw new RangeError(`graceTime must be >= 0, got ${graceTime}`)
}
