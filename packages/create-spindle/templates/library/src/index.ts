import { type Coroutine, call, gatherMap, run } from 'spindle'

/** Calls `work` for each item, at most `limit` at a time. The first error cancels the rest. */
export function* mapLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Coroutine<R>): Coroutine<R[]> {
  return yield* gatherMap(items, work, { concurrency: limit })
}

/** `mapLimited` for async code. `signal` cancels all of it, and each call of `work` gets a signal of its own. */
export async function mapLimitedAsync<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  // Ctrl-C is for the program to decide, not for a library.
  return await run(
    mapLimited(items, limit, (item) => call((signal) => work(item, signal))),
    { signal, interrupt: false },
  )
}
