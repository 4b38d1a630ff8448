import { repr } from '@spindle/loop/internal'
import { type AnyFunction, refer } from '../exported-function.ts'

/** How many workers a pool may have. */
export function checkedWorkers(maxWorkers: number | undefined, otherwise: number): number {
  if (maxWorkers === undefined) return otherwise
  if (!Number.isInteger(maxWorkers)) throw new TypeError(`maxWorkers must be an integer, got ${repr(maxWorkers)}`)
  if (maxWorkers <= 0) throw new RangeError(`maxWorkers must be greater than 0, got ${maxWorkers}`)
  return maxWorkers
}

export function checkedInitializer(initializer: AnyFunction | undefined, initargs: readonly unknown[]): void {
  if (!Array.isArray(initargs)) throw new TypeError(`initargs must be an array, got ${repr(initargs)}`)
  if (initializer === undefined) return
  if (typeof initializer !== 'function') throw new TypeError('initializer must be a callable')
  refer(initializer) // throws, if another thread could not find it
}
