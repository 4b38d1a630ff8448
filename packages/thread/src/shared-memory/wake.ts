/** Wakes the thread that sleeps on this cell. */
export function wake(cell: Int32Array): void {
  Atomics.add(cell, 0, 1)
  Atomics.notify(cell, 0)
}
