// Where coroutines stand, for reprs and for the stacks of errors. The engine is asked when someone wants to read it,
// never before.

import { CancelledError, type Coroutine, type SourceLocation } from '@spindle/loop'
import { formatLocation, functionLocation, generatorLocation, isError, nameOf, printable } from '@spindle/loop/internal'
import { functionOf } from './coroutine-function.ts'
import type { Frame } from './frame.ts'
import { generatorOf } from './linked-frames.ts'

/** `spin() running at examples/spinner_asyncio.ts:12`, or `spin() done, defined at …`. */
export function describeCoroutine(coroutine: Coroutine<unknown>, done = false): string {
  const fn = functionOf(coroutine)
  const location = generatorLocation(generatorOf(coroutine))
  const name = coroutineName(coroutine) || '<anonymous>'
  if (location === undefined) return done ? `${name}() done` : `${name}() running`
  if (!done) return `${name}() running at ${formatLocation(location)}`
  const defined = (fn && functionLocation(fn)) ?? location // for an ended generator the engine reports where it is defined
  return `${name}() done, defined at ${formatLocation(defined)}`
}

/** The name of the function that a coroutine runs; '' if it has none, or if the engine does not know. */
export function coroutineName(coroutine: Coroutine<unknown>): string {
  const fn = functionOf(coroutine)
  const name = fn && nameOf(fn)
  if (name) return name
  // The generators of one function have a prototype of their own: the engine, which takes its time, is asked once for
  // each.
  const kind = Object.getPrototypeOf(coroutine)
  const known = names.get(kind)
  if (known !== undefined) return known
  const asked = printable(generatorLocation(generatorOf(coroutine))?.name ?? '')
  names.set(kind, asked)
  return asked
}

const names = new WeakMap<object, string>()

/** Where each level stands, from the outermost coroutine to the innermost frame. */
export function coroutineStack(root: Coroutine<unknown>, innermost: Frame | undefined): SourceLocation[] {
  const generators = [...callers(innermost)].map((frame) => frame.generator)
  if (generators.at(-1) !== generatorOf(root)) generators.push(generatorOf(root))
  return generators
    .reverse()
    .map((generator) => generatorLocation(generator))
    .filter((location) => location !== undefined)
}

// Errors whose stack has the names of the chain already: an error passes many frames, and is extended once.
const told = new WeakSet<Error>()

/**
 * Appends the coroutines an error is going to pass to its stack: the engine has seen only the frame that was resumed.
 * Their lines are added in debug mode only, at 50 µs each, or where the program was transformed.
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

function* callers(frame: Frame | undefined): Generator<Frame, void, undefined> {
  for (let at = frame; at !== undefined; at = at.caller) yield at
}
