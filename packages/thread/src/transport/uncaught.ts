import { inspect } from 'node:util'
import { isError } from './is-error.ts'
import { printable } from './printable.ts'

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
  return isError(error) ? `${error}` : inspect(error)
}

let uncaughtError: { readonly error: unknown } | undefined

/**
 * Reports rejected promises that calls left behind. They would end the worker, and with it the call that runs by then.
 * No-op if the program has a listener for them. `lastCall` names the call that began last. `send` passes the report on
 * to the exception handler of the pool; without it the report is printed.
 */
export function reportLeftBehind(
  where: string,
  lastCall: () => string,
  send: ((call: string, reason: unknown) => void) | undefined,
): void {
  process.on('unhandledRejection', (reason) => {
    if (process.listenerCount('unhandledRejection') > 1) return
    if (send === undefined)
      process.stderr.write(`${printable(leftBehindMessage(lastCall(), where))}:\n${inspect(reason)}\n`)
    else send(lastCall(), reason)
  })
}

export function leftBehindMessage(call: string, where: string): string {
  return `Exception in a promise that ${call}() left behind, or a call before it, in ${where}`
}
