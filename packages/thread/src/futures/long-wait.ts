import { debuglog } from 'node:util'
import { ambient } from '@spindle/loop/internal'
import type { LongWait } from '../shared-memory/wakeup.ts'

const LONG_WAIT_MS = 5_000
const log = debuglog('spindle')

/**
 * A hint that a long blocking wait prints once: about the obstacle, if there is one. In debug mode or with
 * `NODE_DEBUG=spindle` also without an obstacle: a call that needs this thread never ends.
 */
export function hintWhenLong(
  what: () => string,
  after: number = LONG_WAIT_MS,
  obstacle?: () => string | undefined,
): LongWait | undefined {
  const loop = ambient.runningLoop ?? ambient.defaultLoop
  const isDebug = loop?.getDebug() === true || log.enabled
  if (!isDebug && obstacle === undefined) return undefined
  const report = (): void => {
    const seconds = Math.round(after / 100) / 10
    const reason = obstacle?.()
    if (reason !== undefined) process.stderr.write(`${what()} has waited for ${seconds} s: ${reason}.\n`)
    else if (isDebug)
      process.stderr.write(
        `${what()} has blocked this thread for ${seconds} s. Nothing else runs here meanwhile: if the call waits for ` +
          'this thread (its loop, a callback, a message), it never ends. Write `yield* future` or `await future`.\n',
      )
  }
  return { after, report }
}
