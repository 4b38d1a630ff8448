// An error of a coroutine has about nine frames of Spindle and of generators below one of the user. Without them its
// stack begins with the user's line, and has no other.

import { isOurs } from './creation-stack.ts'
import { isOfHost } from './parse-frame.ts'
import { isError } from './repr.ts'

const FRAME = /^ {4}at /
// The engine's own frame of each generator.
const RESUMED = /^ {4}at .*(?:next|throw) \(<anonymous>\)$/
const MAX_ERRORS = 100

/** Removes the frames of Spindle from an error that leaves a run, from its causes, and from the members of a group. */
export function foldFrames(thrown: unknown): void {
  const errors = new Set([thrown])
  for (const error of errors) {
    if (!isError(error) || errors.size > MAX_ERRORS) continue
    try {
      if (typeof error.stack === 'string' && !Object.isSealed(error)) setStack(error, foldedStack(error.stack))
      errors.add(error.cause)
      if (error instanceof AggregateError) for (const member of error.errors) errors.add(member)
    } catch {
      // The error's own code throws: leave it unchanged.
    }
  }
}

/** A stack without the frames of Spindle; unchanged if no frame of the user would be left. */
export function foldedStack(stack: string): string {
  const lines = stack.split('\n').filter((line) => !FRAME.test(line) || !(RESUMED.test(line) || isOurs(line)))
  const last = lines.findLastIndex((line) => FRAME.test(line) && !isOfHost(line))
  if (last === -1) return stack
  return lines.filter((line, index) => index <= last || !FRAME.test(line)).join('\n')
}

/**
 * Replaces the stack of an error. Node prints the line of the source where an error was made, before its stack. That
 * would be Spindle's line or, once a stack was read, Node's own: the text in the call below makes Node print none.
 */
export function setStack(error: Error, stack: string): void {
  const { captureStackTrace } = Error as { captureStackTrace?(error: Error, above: unknown): void }
  captureStackTrace?.(error, 'node-do-not-add-exception-line')
  Reflect.deleteProperty(error, 'stack') // on Node 20 a definition of it would undo the call
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
}
