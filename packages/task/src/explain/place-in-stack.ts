// Finds the place of the user's code in the text of a stack. A generator that is resumed by an error appears there with
// the line of its `yield*`, at every level, in every engine that formats stacks as V8 does. In a user's bundle, frames
// of Spindle look like the user's: the answer is undefined there, rather than a line of Spindle.

import { formatLocation, isOurs, parseFrame, printable, withFramesInLine } from '@spindle/loop/internal'
import { resumeGenerator, throwIntoGenerator } from '../coroutines/generators.ts'

export interface PlaceInStack {
  /** `examples/main.ts:12` */
  readonly place: string
  /** The line of the stack. */
  readonly frame: string
  /** The function, or '' if it has no name. */
  readonly name: string
}

/** The innermost place of the user's coroutine in `stack`, whose first frame is Spindle's. */
export function placeInStack(stack: string | undefined): PlaceInStack | undefined {
  const lines = framesOf(stack)
  if (lines[0] === undefined || !isOurs(lines[0])) return undefined
  for (const line of lines) {
    if (isOurs(line)) {
      if (isEnd(line)) return undefined // the rest is the loop and its driver
      continue
    }
    const frame = parseFrame(line)
    if (frame === undefined || frame.url.startsWith('node:')) continue
    return { place: formatLocation(frame), frame: line, name: withoutReceiver(frame.name) }
  }
  return undefined
}

/** A stack without the frames of Spindle and of the callers of the loop. */
export function usersFrames(stack: string | undefined): string[] {
  const lines = framesOf(stack)
  const end = lines.findIndex(isEnd)
  return lines.slice(0, end === -1 ? lines.length : end).filter((line) => !isOurs(line) && !NATIVE.test(line))
}

const NATIVE = /\(<anonymous>\)$|^ {4}at node:|\(node:/

function framesOf(stack: string | undefined): string[] {
  return withFramesInLine(stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at ') && !line.startsWith('    at coroutine '))
}

const ENDS = [resumeGenerator, throwIntoGenerator].map((fn) => `    at ${fn.name} (`)

function isEnd(line: string): boolean {
  return ENDS.some((end) => line.startsWith(end)) && isOurs(line)
}

/** V8 prefixes a method with its class, and a function in an object literal with `Object`. */
function withoutReceiver(name: string): string {
  return printable(/^Object\.(.*)$/.exec(name)?.[1] ?? name).replace(/^<anonymous>$/, '')
}
