import { inspect } from 'node:util'

/** Records exceptions for `uncaught`. */
export function watchForUncaught(): void {
  process.on('uncaughtExceptionMonitor', (error) => {
    uncaughtError = { error }
    setImmediate(() => {
      uncaughtError = undefined // a handler of the program has caught it
    })
  })
}

/** Describes the exception that ends this worker now, if any. */
export function uncaught(): string | undefined {
  if (uncaughtError === undefined) return undefined
  const { error } = uncaughtError
  return error instanceof Error ? `${error}` : inspect(error)
}

let uncaughtError: { readonly error: unknown } | undefined
