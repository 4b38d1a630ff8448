import { formatLocation, isError, isOurs, parseFrame, withFramesInLine } from 'spindle/internal'

const FRAME = /^ {4}at /
// Frames of the engine and of the host, and of the script that stops an endless loop.
const HOST = /[( ](?:node:|evalmachine\.|<anonymous>\)?$)/

/** The first frame outside of Spindle, as a line of a stack; '' if the engine writes no frames. */
export function callerFrame(error: Error = new Error()): string {
  return framesOf(error.stack ?? '').frames.find(isUsers) ?? ''
}

/** The place of that frame: `load (server.ts:12)`; '' if there is none. */
export function callerPlace(error: Error): string {
  const frame = parseFrame(callerFrame(error))
  if (frame === undefined) return ''
  const place = formatLocation(frame)
  return frame.name === '' ? place : `${frame.name} (${place})`
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
