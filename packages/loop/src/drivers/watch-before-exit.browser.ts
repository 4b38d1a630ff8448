// Replaces watch-before-exit.ts in a bundle for browsers, which have no such event.

import type * as watchBeforeExit from './watch-before-exit.ts'

export const watchForDeadlock: typeof watchBeforeExit.watchForDeadlock = () => () => {}
