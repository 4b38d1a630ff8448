// Replaces swallow-place.ts in a bundle for browsers, where the stack of a Task is unknown.

import type * as node from './swallow-place.ts'

export const noteSwallowing: typeof node.noteSwallowing = () => {}

export const placeOfSwallowing: typeof node.placeOfSwallowing = () => ''
