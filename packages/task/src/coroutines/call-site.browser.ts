// Replaces call-site.ts in a bundle for browsers, where frames of Spindle look like the user's: no place is known.

import type * as node from './call-site.ts'

export const callSite: typeof node.callSite = { passed: undefined, want() {}, pass() {} }
