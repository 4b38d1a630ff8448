import type { AsyncLocalStorage } from 'node:async_hooks'
import { type Awaitable, type Coroutine, RuntimeError } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { coroutine, currentTask } from '@spindle/task'

/**
 * Runs a block in which `storage.getStore()` is `store`, and returns its result, as `storage.run(store, …)` does for
 * a function. The block runs in the same Task, and the Tasks that it creates have the store, too. A cancellation passes
 * through it. For values of your own, `ContextVar` does the same on every platform. An addition to asyncio.
 * @param storage has the store while the block runs, in its Tasks as well
 * @param store what `storage.getStore()` returns in the block
 * @param block runs with the store
 * @throws TypeError if `storage` is not an AsyncLocalStorage; RuntimeError outside of a Task, or in one that does not
 * keep AsyncLocalStorage; the error of the block
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 * import { type Coroutine, run, sleep } from 'spindle'
 * import { withStore } from 'spindle/node'
 *
 * const user = new AsyncLocalStorage<string>()
 * function* greet(): Coroutine<string> {
 *   yield* sleep(1) // others run meanwhile
 *   return `hello ${user.getStore()}`
 * }
 * console.log(await run(withStore(user, 'ann', greet))) // prints: hello ann
 * ```
 */
export function withStore<S, T>(storage: AsyncLocalStorage<S>, store: S, block: () => Awaitable<T>): Coroutine<T> {
  if (typeof (storage as Partial<AsyncLocalStorage<S>> | undefined)?.enterWith !== 'function') {
    throw new TypeError(`withStore() takes an AsyncLocalStorage, got ${repr(storage)}`)
  }
  if (typeof block !== 'function') throw new TypeError(`withStore() takes a function, got ${repr(block)}`)
  return blockWithStore(storage, store, block)
}

const blockWithStore = coroutine(function* withStore<S, T>(
  storage: AsyncLocalStorage<S>,
  store: S,
  block: () => Awaitable<T>,
): Coroutine<T> {
  checkKeepsStores('withStore()')
  const before = storage.getStore()
  storage.enterWith(store) // for this Task only, because it keeps its stores
  try {
    return yield* block()
  } finally {
    storage.enterWith(before as S) // undefined is what there is without a store
  }
})

/** Without separate stores, a Task would set the stores of all others. */
export function checkKeepsStores(caller: string): void {
  const task = currentTask()
  if (task === undefined) throw new RuntimeError(`${caller} should be used inside a task`)
  if (!('stores' in task)) {
    throw new RuntimeError(`${caller} needs a Task that keeps AsyncLocalStorage, which ${task} does not`)
  }
}
