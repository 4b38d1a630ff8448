// The running coroutines are on the JavaScript stack, and the engine provides their places only as the text of a stack
// trace. A generator appears there as two lines; the second distinguishes it from a function:
//
//   at work (file:///…/program.ts:12:5)
//   at work.next (<anonymous>)
//   …
//   at resumeGenerator (…/coroutine.ts:…)      from here on it is the loop

import type { SourceLocation } from '@spindle/loop'
import { parseFrame, setStackTraceLimit, stackTraceLimit } from '@spindle/loop/internal'
import { resumeGenerator, throwIntoGenerator } from '../coroutines/generators.ts'

/** A function or coroutine on the stack. */
export interface StackEntry extends SourceLocation {
  /** Whether it is a coroutine, rather than a function called by one. */
  readonly isCoroutine: boolean
}

const GENERATOR = /^ {4}at .*\.(?:next|throw) \(<anonymous>\)$/
const OURS = [resumeGenerator, throwIntoGenerator].map((fn) => `    at ${fn.name} (`)

/** The stack between `above`, which is left out, and the running Task, innermost first. */
export function runningStack(above: (...args: never) => unknown): StackEntry[] {
  const lines = stackAbove(above)
  const end = lines.findIndex((line) => OURS.some((ours) => line.startsWith(ours)))
  const entries: StackEntry[] = []
  for (const [i, line] of lines.slice(0, end === -1 ? lines.length : end).entries()) {
    const frame = parseFrame(line)
    // The frame that carries a coroutine() to its first wait is Spindle's as well.
    if (frame === undefined || frame.name === 'Frame.next') continue
    entries.push({ ...frame, script: frame.url, isCoroutine: GENERATOR.test(lines[i + 1] ?? '') })
  }
  return entries
}

function stackAbove(above: (...args: never) => unknown): string[] {
  const limit = stackTraceLimit()
  const canLimit = limit !== undefined && setStackTraceLimit(Number.POSITIVE_INFINITY)
  const error = new Error('where am I?')
  ;(Error as { captureStackTrace?(error: object, above: unknown): void }).captureStackTrace?.(error, above)
  if (canLimit) setStackTraceLimit(limit)
  return (error.stack ?? '').split('\n').slice(1)
}
