const TURNS = 10

/**
 * Resolves with the result of `work`, or with undefined after `ms`: Redis may never answer. Time in which this thread
 * did not run hardly counts, because an answer may have arrived since.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>((resolve) => {
    let turns = 0
    timer = setInterval(() => ++turns === TURNS && resolve(undefined), ms / TURNS)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearInterval(timer)
  }
}
