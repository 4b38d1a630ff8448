import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  ExceptionGroup,
  type Future,
  getRunningLoop,
} from '@spindle/loop'
import { type Advice, checkOptions, repr } from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { checkRelease, Discards, type ReleaseOption } from '../scopes/discard.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { cleanUp } from '../scopes/uncancellable.ts'
import { Operation } from '../sync/operation.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { runningTask } from '../tasks/current-task.ts'
import { isIterable } from './for-each.ts'

/** The block that `gatherMap` runs for each item and its index. */
export type GatherMapBlock<T, R> = (item: T, index: number) => Awaitable<R>

/** The options of `gatherMap`. */
export interface GatherMapOptions<ReturnExceptions extends boolean = false, R = never> {
  /** How many blocks run at a time. @default all */
  readonly concurrency?: number | undefined
  /** Whether exceptions count as results. @default false */
  readonly returnExceptions?: ReturnExceptions | undefined
  /**
   * Receives the results that are dropped because a block has failed or the caller is cancelled. If it returns a
   * promise or an awaitable, that is awaited. `'dispose'` calls the `[Symbol.asyncDispose]` or `[Symbol.dispose]` of
   * the result. Guards of locks and items of `queue.get()` go back in any case.
   * @default the results are dropped, which debug mode reports if they can be closed
   */
  readonly release?: ReleaseOption<R> | undefined
}

/**
 * Runs a block for each item, each in a separate Task, and returns the results in the order of the items. At most
 * `concurrency` blocks run at a time. An item is taken when a block can start, so the source may be long. The first
 * exception cancels the running blocks and is thrown once all have ended; no further item is taken. A cancellation of
 * one of these Tasks counts as an exception. If the caller is cancelled, the same happens, unless all blocks return:
 * then it receives their results, and the CancelledError at its next await. An addition to asyncio: `gather` with a
 * limit.
 *
 * Also called: concurrency limit, p-limit, p-map, Promise.all in batches.
 * @param block receives an item and its index
 * @param options `concurrency`: how many blocks run at a time, all by default
 * @throws the first exception; RangeError if `concurrency` is not a positive integer
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const squares = yield* gatherMap([1, 2, 3, 4], (n) => sleep(10, n * n), { concurrency: 2 })
 *   console.log(squares) // prints: [ 1, 4, 9, 16 ]
 * }
 * await run(main())
 * ```
 */
export function gatherMap<T, R, ReturnExceptions extends boolean = false, C = GatherMapBlock<T, R>>(
  items: Iterable<T>,
  block: GatherMapBlock<T, R> | Advice<C, GatherMapBlock<never, unknown>>,
  options: GatherMapOptions<ReturnExceptions, R> = {},
): Coroutine<(ReturnExceptions extends true ? R | Error : R)[]> {
  if (typeof items !== 'string' && !isIterable(items)) {
    throw new TypeError(`gatherMap() takes a list of items and a block, got ${repr(items)}`)
  }
  checkBlock('gatherMap', block)
  checkOptions('gatherMap()', options, ['concurrency', 'returnExceptions', 'release'])
  checkRelease(options.release)
  const { concurrency = Number.POSITIVE_INFINITY, returnExceptions = false } = options
  if (concurrency !== Number.POSITIVE_INFINITY && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new RangeError(`concurrency must be a positive whole number, got ${repr(concurrency)}`)
  }
  return mapping(items, block as GatherMapBlock<T, R>, concurrency, returnExceptions, options.release) as never // with the exceptions that the signature declares
}

const mapping = coroutine(function* gatherMap<T>(
  items: Iterable<T>,
  block: GatherMapBlock<T, unknown>,
  concurrency: number,
  returnExceptions: boolean,
  release: ReleaseOption<never> | undefined,
): Coroutine<unknown[]> {
  const results: unknown[] = []
  const sources: unknown[] = [] // of the results that go back another way
  const failed = new Set<number>()
  const rest = each(items) // not taken yet
  let started = 0
  let ended = 0
  let cancelled: Future | undefined
  const workOn = function* gatherMapItem(item: T, index: number): Coroutine<void> {
    try {
      const awaitable = callBlock('gatherMap', block, item, index)
      if (awaitable instanceof Operation) sources[index] = awaitable
      results[index] = yield* awaitable
    } catch (error) {
      if (!returnExceptions) throw error
      failed.add(index)
      results[index] = error
    }
    ended++
  }
  const drop = function* (isCancelled: boolean): Coroutine<void> {
    const loop = getRunningLoop()
    const discards = new Discards(loop, 'a result of a gatherMap() that failed', release)
    if (isCancelled) discards.cancel()
    for (const [index, result] of [...results.entries()].reverse())
      if (index in results && !failed.has(index)) discards.add(result, sources[index])
    const empty = loop.createFuture<void>()
    discards.whenEmpty(() => empty.setResult())
    yield* cleanUp(() => empty)
  }
  try {
    yield* taskGroup(function* (group) {
      // For a group, a Task that was cancelled on its own is not a failure. Here its result would be missing.
      const onDone = (task: Future): void => {
        if (!task.cancelled()) return
        cancelled ??= task
        group.cancel()
      }
      // Permits to continue with the next item while the started ones run.
      const slots = concurrency === Number.POSITIVE_INFINITY ? undefined : new Semaphore(concurrency - 1)
      for (let step = rest.next(); !step.done; step = rest.next()) {
        const task = group.createTask(workOn(step.value, started++))
        task.addDoneCallback(onDone)
        if (slots === undefined) continue
        task.addDoneCallback(() => slots.release())
        yield* slots.acquire()
      }
    })
  } catch (error) {
    if (error instanceof CancelledError && ended === started && rest.next().done) {
      // Cancelled in the turn in which the last one ended, or one could not deliver the cancellation.
      runningTask()?.putOffCancel(error.message || undefined)
      return results
    }
    yield* drop(error instanceof CancelledError)
    throw error instanceof ExceptionGroup ? error.exceptions[0] : error // the group throws nothing else
  } finally {
    rest.return()
  }
  if (cancelled === undefined) return results
  yield* drop(false)
  throw cancelled.takeCancelledError()
})

/** Not a bare iterator, which might do something if it is closed or asked again after its end. */
function* each<T>(items: Iterable<T>): Generator<T, void, undefined> {
  for (const item of items) yield item
}
