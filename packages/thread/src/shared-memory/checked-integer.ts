import { repr } from '@spindle/loop/internal'

/** @throws TypeError unless `value` is an integer; RangeError if it is below `least` */
export function checkedInteger(value: number, name: string, least: number, demand = `>= ${least}`): number {
  if (!Number.isInteger(value)) throw new TypeError(`${name} must be an integer, got ${repr(value)}`)
  if (value < least) throw new RangeError(`${name} must be ${demand}, got ${value}`)
  return value
}
