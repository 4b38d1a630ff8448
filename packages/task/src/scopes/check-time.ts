import { repr } from '@spindle/loop/internal'

/** Refuses what is no time, and no undefined. */
export function checkTime(name: string, time: number | undefined): void {
  if (time === undefined) return
  if (typeof time !== 'number') throw new TypeError(`${name} must be a number of milliseconds, got ${repr(time)}`)
  if (Number.isNaN(time)) throw new RangeError(`Invalid ${name}: NaN (not a number)`)
}
