import type { EventLoop } from '@spindle/loop'

/**
 * Calls back when a time limit is over. If it has passed while the loop was late, and a sleep began only after that,
 * the limit is extended by the delay: it strikes no sleep that would have been in time.
 */
export function callAtLimit(loop: EventLoop, when: number, callback: () => void): { cancel(): void } {
  const setAt = loop.time()
  let timer = loop.callAt(when, () => {
    const extended = loop.extendLimit(when, setAt)
    if (extended <= when) callback()
    else timer = loop.callAt(extended, callback)
  })
  return { cancel: () => timer.cancel() }
}
