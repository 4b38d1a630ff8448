// Replaces interrupt.ts in a bundle for browsers, which have no Ctrl-C.

import type * as node from './interrupt.ts'

export const onInterrupt: typeof node.onInterrupt = () => undefined
