import { reasonOf } from './reason-of.ts'

/** The result of a function, or a promise for the result of a coroutine, which runs on a loop. */
export function awaitResult(result: unknown): unknown {
  return typeof (result as { next?: unknown } | undefined | null)?.next === 'function' ? runCoroutine(result) : result
}

async function runCoroutine(result: unknown): Promise<unknown> {
  const { isCoroutine, run } = await import('@spindle/task')
  if (isCoroutine(result)) {
    try {
      return await run(result)
    } catch (cause) {
      if (!reasonOf(cause).startsWith('Task got bad yield')) throw cause
      throw new TypeError(`${STREAM}. As a coroutine it yields what can't be awaited: ${reasonOf(cause)}`, { cause })
    }
  }
  if (typeof (result as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function') throw new TypeError(STREAM)
  return result
}

const STREAM =
  'pass a generator function to `executor.stream(fn)`, which returns its items, not to `submit` or a Thread'
