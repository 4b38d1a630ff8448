// Stands for drivers-of-run.ts in a bundle for browsers, where the loop of a `run()` is driven by the page alone,
// unless it shares the virtual time of another.

import type * as node from './drivers-of-run.ts'

export const driversOfRun: typeof node.driversOfRun = undefined
