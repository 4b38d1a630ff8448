// The places of coroutines, for reprs and stacks. The engine is queried only when they are read.

import type { Coroutine, SourceLocation } from '@spindle/loop'
import { formatLocation, functionLocation, generatorLocation, nameOf, printable } from '@spindle/loop/internal'
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
  const defined = (fn && functionLocation(fn)) ?? location // the engine reports the definition of an ended generator
  return `${name}() done, defined at ${formatLocation(defined)}`
}

/** The name of the function of a coroutine; '' if it has none, or if the engine cannot tell. */
export function coroutineName(coroutine: Coroutine<unknown>): string {
  const fn = functionOf(coroutine)
  const name = fn && nameOf(fn)
  if (name) return name
  // All generators of a function share a prototype, so the slow query is needed once for each function.
  const kind = Object.getPrototypeOf(coroutine)
  const known = names.get(kind)
  if (known !== undefined) return known
  const asked = printable(generatorLocation(generatorOf(coroutine))?.name ?? '')
  names.set(kind, asked)
  return asked
}

const names = new WeakMap<object, string>()

/** The place of each level, from the outermost coroutine to the innermost frame. */
export function coroutineStack(root: Coroutine<unknown>, innermost: Frame | undefined): SourceLocation[] {
  const generators = [...callers(innermost)].map((frame) => frame.generator)
  if (generators.at(-1) !== generatorOf(root)) generators.push(generatorOf(root))
  return generators
    .reverse()
    .map((generator) => generatorLocation(generator))
    .filter((location) => location !== undefined)
}

export function* callers(frame: Frame | undefined): Generator<Frame, void, undefined> {
  for (let at = frame; at !== undefined; at = at.caller) yield at
}
