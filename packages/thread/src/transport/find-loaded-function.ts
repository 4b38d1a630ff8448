import type { AnyFunction, FunctionReference } from './function-reference.ts'
import { rememberModule } from './known-functions.ts'
import { findVariable } from './module-scope.ts'

/** Finds a function of a module that is loaded on this thread, without an import, which needs a thread that is free. */
export function findLoaded(reference: Pick<FunctionReference, 'module' | 'variable'>): AnyFunction | undefined {
  const key = `${reference.module} ${reference.variable}`
  const known = loaded.get(key)
  if (known !== undefined) return known
  const found = findVariable(reference.module, reference.variable)
  if (typeof found !== 'function') return undefined
  loaded.set(key, found as AnyFunction)
  rememberModule(reference.module, found as AnyFunction)
  return found as AnyFunction
}

const loaded = new Map<string, AnyFunction>() // as many as the program names functions to call from other threads
