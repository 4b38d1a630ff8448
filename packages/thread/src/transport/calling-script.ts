/** The URL of the script that has called `fn`. Bundlers, which may replace `import.meta.url`, can't change it. */
export function callingScript(fn: (...args: never) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error
  const trace: { stack?: unknown } = {}
  Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName()
  Error.stackTraceLimit = 1
  try {
    Error.captureStackTrace(trace, fn)
    if (typeof trace.stack !== 'string') return undefined
    if (trace.stack.startsWith('file:')) return trace.stack
    return process.getBuiltinModule('node:url').pathToFileURL(trace.stack).href // a thread starts without it
  } finally {
    Error.prepareStackTrace = prepareStackTrace as never // undefined if nothing has set it
    Error.stackTraceLimit = stackTraceLimit
  }
}
