// Where the user's code stands on the JavaScript stack, as the text of a stack tells it. A generator that is resumed by
// an error stands there with the line of its `yield*`, at every level, in every engine that writes its stacks as V8
// does. In a bundle of the user's Spindle's frames look like the user's: there the answer is undefined rather than a
// line of Spindle.

import { formatLocation, isOurs, printable, withFramesInLine } from '@spindle/loop/internal'
import { resumeGenerator, throwIntoGenerator } from './generators.ts'

export interface PlaceInStack {
  /** `examples/main.ts:12` */
  readonly place: string
  /** The function, or '' if it has no name. */
  readonly name: string
}

const FRAME = /^ {4}at (?:(?:async )?(?<name>.+?) \()?(?<file>[^()]+):(?<line>\d+):\d+\)?$/

/**
 * The innermost place of the user's coroutine in `stack`, whose first frame is ours.
 */
export function placeInStack(stack: string | undefined): PlaceInStack | undefined {
  const lines = framesOf(stack)
  if (lines[0] === undefined || !isOurs(lines[0])) return undefined
  for (const line of lines) {
    if (isOurs(line)) {
      if (isEnd(line)) return undefined // from here on it is the loop, and what drives it
      continue
    }
    const { name = '', file, line: number } = FRAME.exec(line)?.groups ?? {}
    if (file === undefined || file.startsWith('node:') || file === '<anonymous>') continue
    // Stacks name a file by its URL, or, where a source map has been applied, by its path.
    const url = file.startsWith('/') ? `file://${encodeURI(file)}` : file
    return { place: formatLocation({ url, line: Number(number) }), name: withoutReceiver(name) }
  }
  return undefined
}

/** A stack without our frames, and without those that called the loop. */
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

/** Of a method V8 names the class, too, and `Object` of a function that stands in one. */
function withoutReceiver(name: string): string {
  return printable(/^Object\.(.*)$/.exec(name)?.[1] ?? name).replace(/^<anonymous>$/, '')
}
