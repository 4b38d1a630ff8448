import { debuglog } from 'node:util'
import { ambient, printable } from '@spindle/loop/internal'
import type { LongWait } from '../shared-memory/wakeup.ts'

const LONG_WAIT_MS = 5_000
const log = debuglog('spindle')

/**
 * A hint that a long blocking wait prints once: about the obstacle, if there is one; else, in debug mode or with
 * `NODE_DEBUG=spindle`, that a call which needs this thread never ends.
 */
export function hintWhenLong(
  what: () => string,
  obstacle: () => string | undefined,
  after: number = LONG_WAIT_MS,
): LongWait {
  const report = (waited: number): boolean => {
    const seconds = Math.round(waited / 100) / 10
    const reason = obstacle()
    const loop = ambient.runningLoop ?? ambient.defaultLoop
    if (reason !== undefined) write(`${what()} has waited for ${seconds} s: ${reason}.`)
    else if (loop?.getDebug() === true || log.enabled)
      write(
        `${what()} has blocked this thread for ${seconds} s. Nothing else runs here meanwhile: if the call waits for ` +
          'this thread (its loop, a callback, a message), it never ends. Write `yield* future` or `await future`.',
      )
    else return false
    return true
  }
  return { after, report }
}

function write(text: string): void {
  process.stderr.write(`${printable(text, 1000)}\n`)
}
