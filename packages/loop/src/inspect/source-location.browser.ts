// Replaces source-location.ts in a bundle for browsers, which have no inspector: the answer is always undefined.

import type * as sourceLocation from './source-location.ts'

export const functionLocation: typeof sourceLocation.functionLocation = () => undefined
export const scriptLocation: typeof sourceLocation.scriptLocation = () => undefined

export const generatorLocation: typeof sourceLocation.generatorLocation = () => undefined

export const queries: typeof sourceLocation.queries = Object.freeze({ time: 0 })

export const inspect: typeof sourceLocation.inspect = () => undefined
