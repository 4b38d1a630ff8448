import { basename, extname } from 'node:path'
import { toReference, unwrap } from 'spindle/internal/thread'
import type { AnyFunction } from 'spindle/thread'
import { codeOf } from './function-code.ts'

/** The kind of a function: it runs as a Task, on the event loop, or on a thread. */
export type FunctionKind = 'coroutine' | 'async' | 'plain'

/** The description of a function in a call. */
export interface NamedFunction {
  /** `<file stem>.<export>`: workers find it by this name. */
  readonly name: string
  readonly module: string
  readonly code: string | undefined
}

/** @throws TypeError if no worker could find it: it is a closure, for example */
export function nameFunction(fn: AnyFunction): NamedFunction {
  const known = names.get(fn)
  if (known !== undefined) return known
  const { module, path, variable, text } = toReference(fn)
  const name = qualifiedName(module, path?.at(-1) ?? variable)
  const named = { name, module, code: text && codeOf(fn, module) }
  names.set(fn, named)
  return named
}

export function qualifiedName(module: string, exported: string): string {
  const file = basename(decodeURIComponent(new URL(module).pathname))
  return `${file.slice(0, file.length - extname(file).length)}.${exported}`
}

export function kindOf(fn: AnyFunction): FunctionKind {
  const tag = Object.prototype.toString.call(unwrap(fn))
  if (tag === '[object GeneratorFunction]') return 'coroutine'
  return tag === '[object AsyncFunction]' ? 'async' : 'plain'
}

const names = new WeakMap<AnyFunction, NamedFunction>()
