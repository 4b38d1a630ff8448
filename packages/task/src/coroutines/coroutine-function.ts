import type { Coroutine } from '@spindle/loop'
import type { CoroutineFunction } from './frame.ts'

/** Under this key lies the function that `coroutine()` was given. */
export const FUNCTION: unique symbol = Symbol.for('spindle.coroutineFunction') as never

/** Whether a function is what `coroutine()` gave. */
export function isWrapped(fn: object): boolean {
  return Object.hasOwn(fn, FUNCTION)
}

/** The function a coroutine was made by, as far as it can be known without asking the engine. */
export function functionOf(coroutine: Coroutine<unknown>): CoroutineFunction | undefined {
  return Reflect.get(coroutine, FUNCTION) as CoroutineFunction | undefined
}
