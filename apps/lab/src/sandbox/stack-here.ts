// Only V8 limits the length of stacks.
const limited = Error as ErrorConstructor & { stackTraceLimit?: number }

export function stackHere(limit: number): string {
  const before = limited.stackTraceLimit
  if (before !== undefined) limited.stackTraceLimit = limit
  const { stack = '' } = new Error()
  if (before !== undefined) limited.stackTraceLimit = before
  return stack
}
