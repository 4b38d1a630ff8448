import type { Coroutine } from '@spindle/loop'
import type { CoroutineFunction } from './frame.ts'

/** The key of the function that was passed to `coroutine()`. */
export const FUNCTION: unique symbol = Symbol.for('spindle.coroutineFunction') as never

/** Whether a function was returned by `coroutine()`. */
export function isWrapped(fn: object): boolean {
  return Object.hasOwn(fn, FUNCTION)
}

/** The function of a coroutine, if it is known without querying the engine. */
export function functionOf(coroutine: Coroutine<unknown>): CoroutineFunction | undefined {
  return Reflect.get(coroutine, FUNCTION) as CoroutineFunction | undefined
}
