// Replaces coroutine-stack.ts in a bundle for browsers, whose engines tell neither the place nor the function of a
// coroutine: only coroutines of functions made by `coroutine()` have a name.

import { nameOf } from '@spindle/loop/internal'
import { functionOf } from './coroutine-function.ts'
import type * as node from './coroutine-stack.ts'

export const describeCoroutine: typeof node.describeCoroutine = (coroutine, done) =>
  `${coroutineName(coroutine) || '<anonymous>'}() ${done ? 'done' : 'running'}`

export const coroutineName: typeof node.coroutineName = (coroutine) => {
  const fn = functionOf(coroutine)
  return fn ? nameOf(fn) : ''
}

export const coroutineStack: typeof node.coroutineStack = () => []

export const callers: typeof node.callers = function* (frame) {
  for (let at = frame; at !== undefined; at = at.caller) yield at
}
