// Whether a call that was sent to a worker has begun. Until then the executor may take it back. One number in shared
// memory decides between the two sides.
//
//   offer:  id ──begin──▶ -id         the worker runs the call
//            └──takeBack──▶ 0         the worker skips the call

export function offer(claims: Int32Array, slot: number, id: number): void {
  Atomics.store(claims, slot, id)
}

/** Returns whether the worker may run the call: it was not taken back. */
export function begin(claims: Int32Array, slot: number, id: number): boolean {
  return Atomics.compareExchange(claims, slot, id, -id) === id
}

/** Returns whether the call was taken back: it had not begun. */
export function takeBack(claims: Int32Array, slot: number, id: number): boolean {
  return Atomics.compareExchange(claims, slot, id, 0) === id
}

export function hasBegun(claims: Int32Array, slot: number, id: number): boolean {
  return Atomics.load(claims, slot) === -id
}
