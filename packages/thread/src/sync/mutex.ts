// A lock in one number of shared memory, for the classes of this folder.
//
//   FREE ──lock──▶ HELD ──another waits──▶ CONTENDED ──unlock: wakes one──▶ FREE

import { blockWhile } from '../shared-memory/block.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { printable } from '../transport/printable.ts'

const FREE = 0
const HELD = 1
const CONTENDED = 2

const LONG_WAIT_MS = 10_000

/**
 * Waits for the lock, for `timeout` ms at most. Returns whether this thread has it now. A long wait without a limit is
 * reported once, after `reportAfter` ms, because the thread that has the lock may have ended.
 *
 * @param describe describes the lock and its owner
 */
export function lock(
  cell: Int32Array,
  index: number,
  timeout: number = Number.POSITIVE_INFINITY,
  describe: () => string = () => 'a shared object',
  reportAfter: number = LONG_WAIT_MS,
): boolean {
  if (Atomics.compareExchange(cell, index, FREE, HELD) === FREE) return true
  if (timeout === 0) return false
  const deadline = realTime() + timeout
  let reportAt = timeout === Number.POSITIVE_INFINITY ? realTime() + reportAfter : Number.POSITIVE_INFINITY
  // A thread that has waited leaves it CONTENDED: others may still wait, and a superfluous wake-up is harmless.
  while (Atomics.exchange(cell, index, CONTENDED) !== FREE) {
    const until = Math.min(deadline, reportAt)
    if (blockWhile(cell, index, CONTENDED, Math.max(0, until - realTime()))) continue
    if (until === deadline) return false
    reportAt = Number.POSITIVE_INFINITY
    const blocked = `This thread has been blocked for ${Math.round(reportAfter / 1000)} s, waiting for ${describe()}.`
    process.stderr.write(
      `${printable(blocked)} If that thread has ended, only a release() by another one can end the wait.\n`,
    )
  }
  return true
}

export function unlock(cell: Int32Array, index: number): void {
  if (Atomics.exchange(cell, index, FREE) === CONTENDED) Atomics.notify(cell, index, 1)
}

export function isLocked(cell: Int32Array, index: number): boolean {
  return Atomics.load(cell, index) !== FREE
}
