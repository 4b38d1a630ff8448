// Hot path: bench/switch. The methods of all generators, read once: the generators of each function have a separate
// shape, so `generator.next` would be looked up at each call.

import type { Coroutine } from '@spindle/loop'
import type { Suspension } from '@spindle/loop/internal'

type Step = IteratorResult<Suspension, unknown>

export const generatorPrototype: Coroutine<unknown> = Object.getPrototypeOf(
  Object.getPrototypeOf((function* (): Generator {})()),
)

export const next: Coroutine<unknown>['next'] = generatorPrototype.next
export const throwInto: Coroutine<unknown>['throw'] = generatorPrototype.throw
export const returnFrom: Coroutine<unknown>['return'] = generatorPrototype.return

// V8 compiles `value instanceof IntrinsicGenerator` to a walk of three steps; Object.prototype.isPrototypeOf is a call.
function IntrinsicGenerator(): void {}
IntrinsicGenerator.prototype = generatorPrototype

export function isGenerator(value: unknown): value is Coroutine<unknown> {
  return value instanceof (IntrinsicGenerator as never)
}

/** A generator of another realm, such as an iframe or a context of `node:vm`. */
export function isForeignGenerator(value: unknown): value is Coroutine<unknown> {
  return typeof value === 'object' && value !== null && Reflect.get(value, Symbol.toStringTag) === 'Generator'
}

const iterator = generatorPrototype[Symbol.iterator]

/** Whether it is a `function*`, whose generators are their own iterators, unlike those of `coroutine()`. */
export function isBareFunction({ prototype }: { readonly prototype?: unknown }): boolean {
  return isGenerator(prototype) && prototype[Symbol.iterator] === iterator
}

/** Resumes a generator. `value` is undefined at its start, RESUMED afterwards. */
export function resumeGenerator(generator: Coroutine<unknown>, value: unknown): Step {
  return next.call(generator, value)
}

export function throwIntoGenerator(generator: Coroutine<unknown>, error: unknown): Step {
  return throwInto.call(generator, error)
}
