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
      const [, value, where] = BAD_YIELD.exec(reasonOf(cause)) ?? []
      if (value === undefined) throw cause
      throw new TypeError(`${where?.replace(' running', '')} yielded ${value}, which can't be awaited. ${STREAM}`, {
        cause,
      })
    }
  }
  if (typeof (result as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function')
    throw new TypeError(`it returned an async generator. ${STREAM}`)
  return result
}

// The words of a Task, unless they advise how to await the value.
const BAD_YIELD = /^Task got bad yield: (.*) \(in (.*)\)\. Write `yield\*`/s
const STREAM = 'Call a generator function by `executor.stream(fn, ...args)`, which returns its items'
