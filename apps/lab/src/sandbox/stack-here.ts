// Only V8 has the limit; elsewhere a stack has as many lines as it has.
const limited = Error as ErrorConstructor & { stackTraceLimit?: number }

/** What is running now, as the engine writes it. */
export function stackHere(limit: number): string {
  const before = limited.stackTraceLimit
  if (before !== undefined) limited.stackTraceLimit = limit
  const { stack = '' } = new Error()
  if (before !== undefined) limited.stackTraceLimit = before
  return stack
}
