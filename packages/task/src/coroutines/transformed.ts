// Hot path: bench/transformed-1000. Programs that `@spindle/unplugin` has transformed call these two: `yield* x`
// becomes
// `yield* $(x, place)`, and a call in a `function*` whose result nothing takes becomes an argument of `$dropped`. A
// place is the function and the position there: `load (src/load.ts:12:5)`.

import type { Coroutine } from '@spindle/loop'
import { ambient } from '@spindle/loop/internal'
import { DeepFrame } from './deep-generators.ts'
import type { CoroutineFunction } from './frame.ts'
import { generatorPrototype, isGenerator } from './generators.ts'
import { neverAwaited } from './never-awaited.ts'

/**
 * Returns the iterable that `yield*` delegates to in place of `value`: in a Task, for a bare generator, a frame, which
 * costs the same at any depth of nesting and adds its place to the stacks of errors; otherwise `value`. Only the
 * transform of `@spindle/unplugin` writes such calls. An addition to asyncio.
 */
export function $<T>(value: T, place: string): T {
  if (!isGenerator(value)) return value
  const loop = ambient.runningLoop
  if (loop?.currentTask === undefined || loop.getDebug()) return value
  // Generators of a function that coroutine() wraps, and ordinary generators, have a different iterator.
  if (value[Symbol.iterator] !== generatorPrototype[Symbol.iterator]) return value
  return new DeepFrame(value, place) as never
}

/**
 * Reports a bare coroutine that a call returned and nothing takes: it is never awaited. Only the transform of
 * `@spindle/unplugin` writes such calls. An addition to asyncio.
 */
export function $dropped(value: unknown, name: string, place: string): void {
  if (!isGenerator(value)) return
  const fn: CoroutineFunction = Object.defineProperty(function* (): Coroutine<void> {}, 'name', { value: name })
  neverAwaited.watch(new DeepFrame(value, place, fn))
}
