// Where a built-in coroutine was awaited. To note it at each call would cost a stack; but an error that ends our
// coroutine is thrown on at exactly that place, through the frame of the coroutine, and there the stack can be had.

import { placeInStack } from './place-in-stack.ts'

// The latest error that is to say where. It is on its way when this is set: one is enough.
let wanted: { readonly error: unknown; readonly tell: (place: string) => void } | undefined

export const callSite = {
  /**
   * Calls `tell` with the place in the user's code at which `error`, which is about to be thrown, leaves the built-in
   * coroutines: at once, if it was made in the user's code.
   */
  want(error: Error, tell: (place: string) => void): void {
    const here = placeInStack(error.stack)
    if (here === undefined) wanted = { error, tell }
    else tell(here.place)
  },

  /** `error` ends a coroutine, and is thrown on where that is awaited. */
  pass(error: unknown): void {
    if (wanted === undefined || wanted.error !== error) return
    const found = placeInStack(new Error().stack)
    if (found === undefined) return // it passes into another built-in coroutine
    const { tell } = wanted
    wanted = undefined
    tell(found.place)
  },
}
