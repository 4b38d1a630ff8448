import type { Coroutine, CoroutineSource } from '@spindle/loop'
import { isThenable, nameOf, repr } from '@spindle/loop/internal'
import { INSTEAD_OF_ASYNC, isAsyncFunction } from './instead-of-async.ts'
import { isCoroutine } from './is-coroutine.ts'

/**
 * Calls a coroutine function, for an API that takes either a coroutine or such a function. Returns any other value
 * unchanged.
 * @throws TypeError if the function takes arguments, or returns something else
 */
export function coroutineOf<T>(caller: string, given: CoroutineSource<T>): Coroutine<T> {
  return typeof given === 'function' ? (callForCoroutine(caller, given, isCoroutine) as Coroutine<T>) : given
}

export function callForCoroutine(caller: string, fn: () => unknown, accepts: (value: unknown) => boolean): unknown {
  if (isAsyncFunction(fn)) throw new TypeError(`${caller}() takes a coroutine, got ${repr(fn)}${INSTEAD_OF_ASYNC}`)
  if (fn.length > 0) {
    throw new TypeError(
      `${caller}() cannot know the arguments of ${repr(fn)}. Call it: ${caller}(${nameOf(fn) || 'main'}(…))`,
    )
  }
  const made = fn()
  if (accepts(made)) return made
  const hint = isThenable(made) ? INSTEAD_OF_ASYNC : '. Write `function* () { … }`, with the star'
  throw new TypeError(
    `${caller}() takes a coroutine or a coroutine function, but ${nameOf(fn) || 'main'}() returned ${repr(made)}${hint}`,
  )
}
