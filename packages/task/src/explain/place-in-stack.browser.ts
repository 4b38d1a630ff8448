// Replaces place-in-stack.ts in a bundle for browsers, where frames of Spindle look like the user's.

import type * as node from './place-in-stack.ts'

export const placeInStack: typeof node.placeInStack = () => undefined

export const usersFrames: typeof node.usersFrames = (stack = '') =>
  stack.split('\n').filter((line) => line.startsWith('    at ') && !line.startsWith('    at coroutine '))
