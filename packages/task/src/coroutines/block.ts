import type { Awaitable } from '@spindle/loop'
import { isAwaitable, isThenable, repr } from '@spindle/loop/internal'
import { isGenerator } from './generators.ts'
import { INSTEAD_OF_ASYNC } from './instead-of-async.ts'
import { isCoroutine, isShared } from './is-coroutine.ts'

export type Block = (...args: never) => Awaitable<unknown>

export function checkBlock(caller: string, block: unknown): void {
  if (typeof block !== 'function') throw new TypeError(`${caller}() takes a block, got ${repr(block)}. ${HINT}`)
}

/**
 * Calls a block and returns the awaitable it returns.
 * @throws TypeError if the block does not return an awaitable
 */
export function callBlock<T, A extends readonly unknown[]>(
  caller: string,
  block: (...args: A) => Awaitable<T>,
  ...args: A
): Awaitable<T> {
  return checkReturned(caller, block(...args))
}

/**
 * Rejects a coroutine that a block has returned before: it runs only once, and would return undefined now.
 * @param before the coroutines returned so far
 */
export function checkNotAgain(caller: string, returned: Awaitable<unknown>, before: WeakSet<object>): void {
  if (!isCoroutine(returned) || isShared(returned)) return
  if (before.has(returned)) throw againError(caller, returned)
  before.add(returned)
}

/**
 * Calls a block for the next item, and returns the awaitable it returns.
 * @param previous what the block returned for the item before
 * @throws TypeError if the block returns that coroutine again, or no awaitable
 */
export function callBlockNext<T, R>(
  caller: string,
  block: (item: T) => Awaitable<R>,
  item: T,
  previous: unknown,
): Awaitable<R> {
  const returned = callBlock(caller, block, item)
  if (returned === previous && isCoroutine(returned) && !isShared(returned)) throw againError(caller, returned)
  return returned
}

function againError(caller: string, returned: Awaitable<unknown>): TypeError {
  const hint = 'Call the coroutine function in the block: `() => f()`'
  return new TypeError(`${caller}() got the same coroutine again, which runs only once: ${repr(returned)}. ${hint}`)
}

/** The awaitable that a block returned. @throws TypeError if the returned value is not awaitable */
export function checkReturned<T>(caller: string, returned: Awaitable<T>): Awaitable<T> {
  if (isGenerator(returned) || isAwaitable(returned)) return returned
  const given: unknown = returned
  const hint = isThenable(given) ? INSTEAD_OF_ASYNC : `. ${HINT}`
  throw new TypeError(`${caller}() expected its block to return an awaitable, got ${repr(given)}${hint}`)
}

const HINT = 'Write `function* () { … }`, with the star'
