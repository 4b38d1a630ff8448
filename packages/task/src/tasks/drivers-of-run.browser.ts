// Replaces drivers-of-run.ts in a bundle for browsers, where the page alone drives the loop of a `run()`, unless the
// run shares the virtual time of another.

import type * as node from './drivers-of-run.ts'

export const driversOfRun: typeof node.driversOfRun = undefined
