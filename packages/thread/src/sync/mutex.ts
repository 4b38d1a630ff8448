// A lock in one number of shared memory, for the classes of this folder.
//
//   FREE ──lock──▶ HELD ──somebody waits──▶ CONTENDED ──unlock: wakes one──▶ FREE

import { blockWhile } from '../shared-memory/block.ts'

const FREE = 0
const HELD = 1
const CONTENDED = 2

/** Waits for the lock, for `timeout` ms at most. Tells whether it has it now. */
export function lock(cell: Int32Array, index: number, timeout: number = Number.POSITIVE_INFINITY): boolean {
  if (Atomics.compareExchange(cell, index, FREE, HELD) === FREE) return true
  if (timeout === 0) return false
  const deadline = performance.now() + timeout
  // Whoever has waited leaves it as CONTENDED: others may wait still, and a wake-up too many does no harm.
  while (Atomics.exchange(cell, index, CONTENDED) !== FREE) {
    if (!blockWhile(cell, index, CONTENDED, Math.max(0, deadline - performance.now()))) return false
  }
  return true
}

export function unlock(cell: Int32Array, index: number): void {
  if (Atomics.exchange(cell, index, FREE) === CONTENDED) Atomics.notify(cell, index, 1)
}

export function isLocked(cell: Int32Array, index: number): boolean {
  return Atomics.load(cell, index) !== FREE
}
