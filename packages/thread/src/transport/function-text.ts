// Proof that a thread has found the function that was passed: its text has this length and this hash. Text alone does
// not find a function, because two functions may have the same text; but a different text proves a different function.

import { loaderHere } from './typescript-loader.ts'

/** The text of a function that a loader has compiled. */
export interface FunctionText {
  readonly length: number
  readonly hash: number
  /** The text says nothing where its module was compiled by another loader. */
  readonly loader: string
}

export function textOfFunction(fn: (...args: never) => unknown): FunctionText {
  const text = Function.prototype.toString.call(fn)
  let hash = 0x811c9dc5 // FNV-1a
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return { length: text.length, hash, loader: loaderHere() }
}

/** Whether a function that was found may be the one whose text this is. */
export function isTextOf(expected: FunctionText, fn: (...args: never) => unknown): boolean {
  const { length, hash, loader } = textOfFunction(fn)
  return loader !== expected.loader || (length === expected.length && hash === expected.hash)
}
