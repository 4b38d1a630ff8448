// A signal often lives as long as the program: the listener is removed when nothing waits any more, on every path.

import type { AbortSignalLike } from './link-to-signal.ts'
import { listen } from './shared-listener.ts'

/** Calls `act` when the signal aborts, at once if it has. Returns a function that removes the listener. */
export function onAbort(signal: AbortSignalLike, act: () => void): () => void {
  if (signal.aborted) {
    act()
    return () => {}
  }
  const stop = listen(signal, 'abort', () => {
    stop()
    act()
  })
  return stop
}
