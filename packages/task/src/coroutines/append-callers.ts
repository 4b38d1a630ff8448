import { CancelledError, type Coroutine } from '@spindle/loop'
import { formatLocation, generatorLocation, isError, nameOf, printable } from '@spindle/loop/internal'
import { callers, coroutineName } from './coroutine-stack.ts'
import type { Frame } from './frame.ts'
import { generatorOf } from './linked-frames.ts'

// Errors whose stack has the names of the chain already: an error passes many frames, and is extended once.
const told = new WeakSet<Error>()

/**
 * Appends the callers of the failed coroutine to the stack of an error: the engine has seen only the resumed frame.
 * Their lines are added in debug mode only, at 50 µs each, or if the program was transformed.
 */
export function appendCallers(error: unknown, frame: Frame, root: Coroutine<unknown>, debug: boolean): void {
  if (!isError(error) || told.has(error)) return
  if (error instanceof CancelledError && !debug) return
  told.add(error)
  const lines: string[] = []
  for (const { place, caller, generator } of callers(frame)) {
    if (place !== undefined) lines.push(`    at coroutine ${place}`)
    else if (caller !== undefined)
      lines.push(describeLevel(nameOf(caller.fn) || coroutineName(caller.generator), caller.generator, debug))
    else if (debug && generator !== generatorOf(root)) lines.push(describeLevel('', generatorOf(root), debug))
  }
  if (lines.length === 0) return
  try {
    error.stack = `${error.stack ?? String(error)}\n${lines.join('\n')}`
  } catch {
    // The error is frozen, or has created its own stack: leave it unchanged.
  }
}

function describeLevel(name: string, generator: Coroutine<unknown>, debug: boolean): string {
  const location = debug ? generatorLocation(generator) : undefined
  const shown = printable(name || location?.name || '<anonymous>')
  return `    at coroutine ${shown}${location === undefined ? '' : ` (${formatLocation(location)}:${location.column})`}`
}
