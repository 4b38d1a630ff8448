// Replaces default-parts.ts in a bundle for browsers: the page alone drives the loop of a `run()`. `newEventLoop()`
// adds the other drivers, and `import 'spindle/explain'` the tools.

import type * as node from './default-parts.ts'

export const defaultDrivers: typeof node.defaultDrivers = undefined
export const defaultTools: typeof node.defaultTools = undefined
