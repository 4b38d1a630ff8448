/** Waits for what a function gave, if it was a promise, or runs it on a loop, if it was a coroutine. */
export async function awaitResult(result: unknown): Promise<unknown> {
  if (typeof (result as { next?: unknown } | undefined | null)?.next !== 'function') return result
  const { isCoroutine, run } = await import('@spindle/task')
  return isCoroutine(result) ? run(result) : result
}
