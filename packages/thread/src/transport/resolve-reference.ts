import { repr } from '@spindle/loop/internal'
import { type AnyFunction, type FunctionReference, notExportedError, variableOf } from './function-reference.ts'
import { follow, rememberModule, unwrap } from './known-functions.ts'

/**
 * What a reference means in the module that was imported for it. @throws TypeError if the module exports no such
 * function
 */
export function resolveReference(
  reference: FunctionReference,
  namespace: Readonly<Record<string, unknown>>,
): AnyFunction {
  const value = reference.path === undefined ? findExport(reference, namespace) : follow(reference.path, namespace)
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${reference.name} of ${reference.module} is not a function: ${repr(value)}`)
  if (typeof value !== 'function') throw notExportedError(reference)
  rememberModule(reference.module, value as AnyFunction)
  return value as AnyFunction
}

function findExport(
  { variable }: FunctionReference,
  namespace: Readonly<Record<string, unknown>>,
): AnyFunction | undefined {
  for (const value of Object.values(namespace)) {
    if (typeof value !== 'function') continue
    if (variableOf(value as AnyFunction, unwrap(value as AnyFunction)) === variable) return value as AnyFunction
  }
  return undefined
}
