import type { Task } from 'spindle'
import {
  formatLocation,
  isError,
  isOurs,
  parseFrame,
  setStackTraceLimit,
  stackTraceLimit,
  withFramesInLine,
} from 'spindle/internal'

const FRAME = /^ {4}at /
// A file and a line, without the column.
const LINE = /[^\s(]+:\d+(?=:\d+\)?$)/
// Functions of Node may stand between the user's line and the promise.
const MAX_FRAMES = 30
// Frames of the engine and of the host, and of the script that stops an endless loop.
const HOST = /[( ](?:node:|evalmachine\.|<anonymous>\)?$)/

/** The first frame outside of Spindle, as a line of a stack; '' if the engine writes no frames. */
export function callerFrame(error: Error = new Error()): string {
  return framesOf(error.stack ?? '').frames.find(isUsers) ?? ''
}

/** The place of that frame: `load (server.ts:12)`; '' if there is none. */
export function callerPlace(error: Error): string {
  return placeOfFrame(callerFrame(error))
}

/** The user's lines of a stack, innermost first: `file:///pool.ts:12` and what to tell about it. */
export function callerLines(error: Error): (readonly [line: string, told: string])[] {
  const frames = framesOf(error.stack ?? '').frames.filter(isUsers)
  const lines = new Map(frames.map((frame) => [LINE.exec(frame)?.[0] ?? frame, frame]))
  return [...lines].map(([line, frame]) => [line, placeOfFrame(frame)])
}

/** The innermost line of a Task in the user's own code: `main.ts:12 (download)`; undefined if unknown. */
export function placeOfTask(task: Task): string | undefined {
  const place = task.getStack().findLast(({ url }) => !isOurs(url))
  return place && formatLocation(place) + (place.name === '' ? '' : ` (${place.name})`)
}

/** Captures the stack. It is formatted only when it is read, which takes a hundred times as long. */
export function capturedStack(): Error {
  const limit = stackTraceLimit()
  setStackTraceLimit(MAX_FRAMES)
  const error = new Error()
  if (limit !== undefined) setStackTraceLimit(limit)
  return error
}

function placeOfFrame(line: string): string {
  const frame = parseFrame(line)
  if (frame === undefined) return ''
  const place = formatLocation(frame)
  const name = frame.name.replace(/^Object\./, '') // a method of an object literal
  return name === '' || name.includes('<anonymous>') ? place : `${name} (${place})`
}

/** The result; an error is shown as `showOwnFrames` does. */
export async function withOwnFrames<R>(result: Promise<R>, definedAt: string): Promise<R> {
  try {
    return await result
  } catch (error) {
    showOwnFrames(error, definedAt)
    throw error
  }
}

/**
 * Removes the frames of Spindle from an error and its causes, for test runners: they show the code of the first line.
 * @param definedAt the line that comes in their place where nothing else is left
 */
export function showOwnFrames(error: unknown, definedAt: string): void {
  let instead = definedAt
  const seen = new Set<unknown>()
  for (let one = error; isError(one) && !seen.has(one); one = one.cause) {
    seen.add(one)
    const { header, frames } = framesOf(one.stack ?? '')
    if (Object.isFrozen(one)) continue
    const shown = frames.filter((line) => !isOurs(line) && !HOST.test(line))
    if (!shown.some(isUsers) && instead !== '') shown.unshift(instead)
    one.stack = [header, ...shown].join('\n')
    instead = ''
  }
}

function framesOf(stack: string): { readonly header: string; readonly frames: readonly string[] } {
  const lines = withFramesInLine(stack).split('\n')
  const start = lines.findIndex((line) => FRAME.test(line))
  const end = start === -1 ? lines.length : start
  return { header: lines.slice(0, end).join('\n'), frames: lines.slice(end) }
}

function isUsers(line: string): boolean {
  return FRAME.test(line) && !isOurs(line) && !HOST.test(line) && !line.includes('/node_modules/')
}
