/** The error of one that awaits a promise in a blocking run. */
export const BLOCKED_PROMISE: string =
  'a promise cannot be awaited in a blocking run: it would never settle, as the thread does nothing else meanwhile. ' +
  'Use `await run(…)` or `await loop.runUntilComplete(…)` instead of the `Sync` variant'
