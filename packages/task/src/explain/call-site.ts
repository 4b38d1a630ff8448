// The place where a built-in coroutine was awaited. Recording it at each call would cost a stack. But an error that
// ends the coroutine is rethrown at exactly that place, inside the frame of the caller, and its stack is available
// there.

import type { Explainer } from '@spindle/loop/internal'
import { placeInStack } from './place-in-stack.ts'

// The latest error that needs its place. The error is being thrown when this is set, so one is enough.
let wanted: { readonly error: unknown; readonly tell: Tell } | undefined

type Tell = Parameters<Explainer['findPlace']>[1]

/**
 * Calls `tell` with the place in the user's code at which `error`, which is about to be thrown, leaves the built-in
 * coroutines: at once, if it was made in the user's code.
 */
export function findPlace(error: Error, tell: Tell): void {
  const here = placeInStack(error.stack)
  if (here === undefined) wanted = { error, tell }
  else tell(here.place, here.frame)
}

export function rethrown(error: unknown): void {
  if (wanted === undefined || wanted.error !== error) return
  const found = placeInStack(new Error().stack)
  if (found === undefined) return // it passes into another built-in coroutine
  const { tell } = wanted
  wanted = undefined
  tell(found.place, found.frame)
}
