import { stopRequested } from '../index.ts'

export const BEGUN = 1
export const ENDED = 2

/** Sees that it is to stop, and has something left to do then. */
export function obedient(state: Int32Array): void {
  Atomics.store(state, 0, BEGUN)
  while (!stopRequested());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  Atomics.store(state, 0, ENDED)
}

export function deaf(state: Int32Array): void {
  Atomics.store(state, 0, BEGUN)
  for (;;);
}
