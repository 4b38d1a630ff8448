// The place where a built-in coroutine was awaited. Recording it at each call would cost a stack. But an error that
// ends the coroutine is rethrown at exactly that place, inside the frame of the caller, and its stack is available
// there.

import { placeInStack } from './place-in-stack.ts'

// The latest error that needs its place. The error is being thrown when this is set, so one is enough.
let wanted: { readonly error: unknown; readonly tell: (place: string) => void } | undefined

/**
 * Calls `tell` with the place in the user's code at which `error`, which is about to be thrown, leaves the built-in
 * coroutines: at once, if it was made in the user's code.
 */
export function findPlace(error: Error, tell: (place: string) => void): void {
  const here = placeInStack(error.stack)
  if (here === undefined) wanted = { error, tell }
  else tell(here.place)
}

export function rethrown(error: unknown): void {
  if (wanted === undefined || wanted.error !== error) return
  const found = placeInStack(new Error().stack)
  if (found === undefined) return // it passes into another built-in coroutine
  const { tell } = wanted
  wanted = undefined
  tell(found.place)
}
