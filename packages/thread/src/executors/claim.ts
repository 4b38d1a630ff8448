// Whether a call that was sent to a worker has begun, and should stop. Until it begins the executor may take it back.
// One number in shared memory decides between the two sides.
//
//   offer:  id ──begin──▶ -id ──requestStop──▶ 0      the worker runs the call
//            └──takeBack──▶ 0                         the worker skips the call

type Claims = Int32Array // a cell for each slot; see `slots.ts`

export function offer(claims: Claims, id: number): void {
  Atomics.store(claims, id % claims.length, id)
}

/** Returns whether the worker may run the call: it was not taken back. */
export function begin(claims: Claims, id: number): boolean {
  return Atomics.compareExchange(claims, id % claims.length, id, -id) === id
}

/** Returns whether the call was taken back: it had not begun. */
export function takeBack(claims: Claims, id: number): boolean {
  return Atomics.compareExchange(claims, id % claims.length, id, 0) === id
}

/** Whether a call that was not taken back has begun. */
export function hasBegun(claims: Claims, id: number): boolean {
  return Atomics.load(claims, id % claims.length) !== id
}

/** Requests a call to stop that has begun. */
export function requestStop(claims: Claims, id: number): void {
  Atomics.compareExchange(claims, id % claims.length, -id, 0)
}

export function isStopRequested(claims: Claims, id: number): boolean {
  return Atomics.load(claims, id % claims.length) !== -id
}
