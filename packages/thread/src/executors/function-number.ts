import type { AnyFunction } from '../transport/function-reference.ts'

/** A function is named to a worker once, and called by this number from then on: its text may be long. */
export function numberOf(fn: AnyFunction): number {
  let number = numbers.get(fn)
  if (number === undefined) {
    number = ++count
    numbers.set(fn, number)
  }
  return number
}

const numbers = new WeakMap<AnyFunction, number>()
let count = 0
