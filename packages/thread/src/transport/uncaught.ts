import { inspect } from 'node:util'

/** From now on `uncaught` knows which exception ends this worker. */
export function watchForUncaught(): void {
  process.on('uncaughtExceptionMonitor', (error) => {
    uncaughtError = { error }
    setImmediate(() => {
      uncaughtError = undefined // the program goes on: a handler of its own has caught it
    })
  })
}

/** Describes the exception that ends this worker now; undefined if it ends in another way. */
export function uncaught(): string | undefined {
  if (uncaughtError === undefined) return undefined
  const { error } = uncaughtError
  return error instanceof Error ? `${error}` : inspect(error)
}

let uncaughtError: { readonly error: unknown } | undefined
