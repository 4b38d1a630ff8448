import type { Awaitable } from '@spindle/loop'
import { ambient, isAwaitable, isThenable, repr } from '@spindle/loop/internal'
import { noteFirstAwait } from './await-registry.ts'
import { isGenerator } from './generators.ts'
import { INSTEAD_OF_ASYNC } from './instead-of-async.ts'

export type Block = (...args: never) => Awaitable<unknown>

export function checkBlock(caller: string, block: unknown): void {
  if (typeof block !== 'function') throw new TypeError(`${caller}() takes a block, got ${repr(block)}. ${HINT}`)
}

/**
 * Calls a block and returns the awaitable it returns.
 * @throws TypeError if the block does not return an awaitable; RuntimeError if it returns a coroutine again
 */
export function callBlock<T, A extends readonly unknown[]>(
  caller: string,
  block: (...args: A) => Awaitable<T>,
  ...args: A
): Awaitable<T> {
  return firstAwaited(checkReturned(caller, block(...args)))
}

/** An awaitable that is about to be awaited. @throws RuntimeError if it is a coroutine that was awaited before */
export function firstAwaited<T>(awaitable: Awaitable<T>): Awaitable<T> {
  // In debug mode, each `yield*` does so.
  if (isGenerator(awaitable) && ambient.runningLoop?.getDebug() !== true) noteFirstAwait(awaitable)
  return awaitable
}

/** The awaitable that a block returned. @throws TypeError if the returned value is not awaitable */
export function checkReturned<T>(caller: string, returned: Awaitable<T>): Awaitable<T> {
  if (isGenerator(returned) || isAwaitable(returned)) return returned
  const given: unknown = returned
  const hint = isThenable(given) ? INSTEAD_OF_ASYNC : `. ${HINT}`
  throw new TypeError(`${caller}() expected its block to return an awaitable, got ${repr(given)}${hint}`)
}

const HINT = 'Write `function* () { … }`, with the star'
