/** What a function gave, to be awaited: a promise of what it leads to if it is a coroutine, which runs on a loop. */
export function awaitResult(result: unknown): unknown {
  return typeof (result as { next?: unknown } | undefined | null)?.next === 'function' ? runCoroutine(result) : result
}

async function runCoroutine(result: unknown): Promise<unknown> {
  const { isCoroutine, run } = await import('@spindle/task')
  return isCoroutine(result) ? run(result) : result
}
