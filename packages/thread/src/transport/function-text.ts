// The length and hash of a function's text prove that a thread has found another function. They can't find a function,
// because two functions may have the same text.

import { loaderHere } from './typescript-loader.ts'

/** The text of a function, compiled by a loader. */
export interface FunctionText {
  readonly length: number
  readonly hash: number
  /** Texts of different loaders can't be compared. */
  readonly loader: string
}

export function textOfFunction(fn: (...args: never) => unknown): FunctionText {
  const text = Function.prototype.toString.call(fn)
  let hash = 0x811c9dc5 // FNV-1a
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return { length: text.length, hash, loader: loaderHere() }
}

export function isTextOf(expected: FunctionText, fn: (...args: never) => unknown): boolean {
  const { length, hash, loader } = textOfFunction(fn)
  return loader !== expected.loader || (length === expected.length && hash === expected.hash)
}
