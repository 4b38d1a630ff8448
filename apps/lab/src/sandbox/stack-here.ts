// Only V8 limits the length of stacks, and lets a program decide how they are written.
const V8_ERROR = Error as unknown as { stackTraceLimit?: number | undefined; prepareStackTrace?: unknown }

export function stackHere(limit: number): string {
  const { stackTraceLimit, prepareStackTrace } = V8_ERROR
  V8_ERROR.stackTraceLimit = limit
  V8_ERROR.prepareStackTrace = undefined
  const { stack = '' } = new Error()
  V8_ERROR.stackTraceLimit = stackTraceLimit
  V8_ERROR.prepareStackTrace = prepareStackTrace
  return stack
}
