import { debuglog } from 'node:util'
import { ambient } from '@spindle/loop/internal'
import type { LongWait } from '../shared-memory/wakeup.ts'

const LONG_WAIT_MS = 5_000
const log = debuglog('spindle')

/**
 * What a blocking wait prints after a while, once: that its worker does not begin the call, if there is such an
 * obstacle. If the loop that it blocks is in debug mode, or with `NODE_DEBUG=spindle`, in any case: the call may need
 * something that only this thread can do, and then it never ends.
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
    const reason = obstacle?.()
    if (reason !== undefined)
      process.stderr.write(`${what()} has waited for ${Math.round(after / 100) / 10} s: ${reason}.\n`)
    if (reason !== undefined || !isDebug) return
    process.stderr.write(
      `${what()} has blocked this thread for ${Math.round(after / 100) / 10} s. Nothing else runs here meanwhile: if the call ` +
        'waits for this thread (its loop, a callback, a message), it never ends. Write `yield* future` or `await future`.\n',
    )
  }
  return { after, report }
}
