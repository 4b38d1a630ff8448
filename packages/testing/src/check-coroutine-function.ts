import { repr } from 'spindle/internal'

/** @throws TypeError if what `caller` was given is not a function */
export function checkCoroutineFunction(caller: string, given: unknown): void {
  if (typeof given !== 'function') throw new TypeError(`${caller} expected a coroutine function, got ${repr(given)}`)
}
