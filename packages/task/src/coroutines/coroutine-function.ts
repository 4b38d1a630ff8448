import type { Coroutine } from '@spindle/loop'
import type { CoroutineFunction } from './frame.ts'

export const FUNCTION: unique symbol = Symbol.for('spindle.coroutineFunction') as never

export function isWrapped(fn: object): boolean {
  return Object.hasOwn(fn, FUNCTION)
}

/** The function of a coroutine, if it is known without querying the engine. */
export function functionOf(coroutine: Coroutine<unknown>): CoroutineFunction | undefined {
  return Reflect.get(coroutine, FUNCTION) as CoroutineFunction | undefined
}
