// Replaces on-abort.ts in a bundle for browsers, which accept any number of listeners without a warning.

import type * as node from './on-abort.ts'

export const onAbort: typeof node.onAbort = (signal, act) => {
  if (signal.aborted) {
    act()
    return () => {}
  }
  signal.addEventListener('abort', act)
  return () => signal.removeEventListener('abort', act)
}
