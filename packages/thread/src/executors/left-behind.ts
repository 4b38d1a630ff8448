import { inspect } from 'node:util'

/**
 * Reports a promise that a call left behind, and that is rejected, by name instead of letting it end the worker and the
 * call that runs by then. A listener of the program's own comes first. `lastCall` names the call that began last.
 * `send` passes the report on to the exception handler of the pool; without one it is printed.
 */
export function reportLeftBehind(
  where: string,
  lastCall: () => string,
  send: ((call: string, reason: unknown) => void) | undefined,
): void {
  process.on('unhandledRejection', (reason) => {
    if (process.listenerCount('unhandledRejection') > 1) return
    if (send === undefined) process.stderr.write(`${leftBehindMessage(lastCall(), where)}:\n${inspect(reason)}\n`)
    else send(lastCall(), reason)
  })
}

export function leftBehindMessage(call: string, where: string): string {
  return `Exception in a promise that ${call}() left behind, or a call before it, in ${where}`
}
