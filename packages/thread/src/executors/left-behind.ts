import { inspect } from 'node:util'

/**
 * Has a promise that a call left behind, and that is rejected, reported by name instead of ending the worker and the call that runs by
 * then. A listener of the program's own comes first. `lastCall` names the call that began last.
 */
export function reportLeftBehind(where: string, lastCall: () => string): void {
  const report = (reason: unknown): void => {
    if (process.listenerCount('unhandledRejection') > 1) return
    process.stderr.write(
      `Exception in a promise that ${lastCall()}() left behind, or a call before it, in ${where}:\n${inspect(reason)}\n`,
    )
  }
  process.on('unhandledRejection', report)
}
