import { RuntimeError } from './errors.ts'

export function blockedPromiseError(what = 'a promise'): RuntimeError {
  return new RuntimeError(
    `${what} cannot be awaited in a blocking run: it would never settle, as the thread does nothing else meanwhile. ` +
      'Use `await run(…)` or `await loop.runUntilComplete(…)` instead of the `Sync` variant',
  )
}

export function insideBlockingError(caller: string): RuntimeError {
  return new RuntimeError(
    `${caller} cannot be called inside runSync(), as its promise could not settle. In a coroutine, await with ` +
      '`yield*`; or have run() instead of runSync() around it',
  )
}
