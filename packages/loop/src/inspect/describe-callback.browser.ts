// Replaces describe-callback.ts in a bundle for browsers, where the place of a function is unknown.

import type * as node from './describe-callback.ts'
import { nameOf } from './repr.ts'

export const describeCallback: typeof node.describeCallback = (callback) => `${nameOf(callback) || '<anonymous>'}()`
