// The threads that wait for a shared object. Each sleeps on a separate slot of its cell:
//
//   FREE ──arrive()──▶ a ticket > 0 ──end()──▶ an outcome < 0 ──leave()──▶ FREE
//
// Slots are taken and ended only while a lock of the object is held. So an end reaches the thread that has waited
// longest, and is never lost on a waiter that has just timed out.

import { RuntimeError } from '@spindle/loop'
import { blockWhile } from '../shared-memory/block.ts'

const SLOTS = 256
const NEXT_TICKET = SLOTS + 1
const LARGEST_TICKET = 2 ** 30 - 1
const FREE = 0

/** The index of the first field after them. */
export const AFTER_WAITERS: number = NEXT_TICKET + 1

/** Takes a slot for this thread. @throws RuntimeError if none is left */
export function arrive(cell: Int32Array, object: object): number {
  const slot = cell.subarray(0, NEXT_TICKET).indexOf(FREE, 1)
  if (slot < 0) throw new RuntimeError(`more than ${SLOTS} threads wait for ${object}`)
  Atomics.store(cell, slot, (Atomics.add(cell, NEXT_TICKET, 1) & LARGEST_TICKET) + 1)
  return slot
}

/** Blocks until the wait ends, for `timeout` ms at most. */
export function untilEnd(cell: Int32Array, slot: number, timeout: number): void {
  const ticket = Atomics.load(cell, slot)
  if (ticket > 0) blockWhile(cell, slot, ticket, timeout)
}

/** Frees the slot. Returns the outcome of the wait; its ticket if it has not ended. */
export function leave(cell: Int32Array, slot: number): number {
  return Atomics.exchange(cell, slot, FREE)
}

/** The slots of the waiting threads, in order of arrival. */
export function waiting(cell: Int32Array): number[] {
  const slots: number[] = []
  for (let slot = 1; slot <= SLOTS; slot++) if (Atomics.load(cell, slot) > 0) slots.push(slot)
  return slots.sort((a, b) => Atomics.load(cell, a) - Atomics.load(cell, b))
}

/** Ends the waits of these slots. */
export function end(cell: Int32Array, slots: readonly number[], outcome: number): void {
  for (const slot of slots) {
    Atomics.store(cell, slot, outcome)
    Atomics.notify(cell, slot)
  }
}
