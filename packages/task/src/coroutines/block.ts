import type { Awaitable } from '@spindle/loop'
import { isAwaitable, repr } from '@spindle/loop/internal'

/**
 * Refuses a block of `timeout()`, `taskGroup()` and the like that is no function.
 */
export function checkBlock(caller: string, block: unknown): void {
  if (typeof block !== 'function') throw new TypeError(`${caller}() takes a block, got ${repr(block)}. ${HINT}`)
}

/**
 * Calls a block and gives what is to be awaited.
 * @throws TypeError if it gives nothing that can be awaited
 */
export function callBlock<T, A extends readonly unknown[]>(
  caller: string,
  block: (...args: A) => Awaitable<T>,
  ...args: A
): Awaitable<T> {
  const called: unknown = block(...args)
  if (isAwaitable(called)) return called as Awaitable<T> // the signature says what it gives
  throw new TypeError(`the block of ${caller}() gave ${repr(called)}, which is nothing to wait for. ${HINT}`)
}

const HINT = 'Write `function* () { … }`, with the star'
