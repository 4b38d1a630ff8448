// Replaces swallow-watch.ts in a bundle for browsers, where two stacks cannot be compared, as frames of Spindle look
// like the user's. Such a Task is reported after some seconds, as any other that does not end.

import type * as node from './swallow-watch.ts'

export const watchSwallowing: typeof node.watchSwallowing = () => {}
