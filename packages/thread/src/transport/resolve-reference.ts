import { repr } from '@spindle/loop/internal'
import { type AnyFunction, type FunctionReference, notExportedError } from './function-reference.ts'
import { isTextOf } from './function-text.ts'
import { follow, rememberModule, unwrap } from './known-functions.ts'
import { moduleScope } from './module-scope.ts'

/** Finds the function of a reference in its imported module. @throws TypeError if it is not there, or another one */
export function resolveReference(
  reference: FunctionReference,
  namespace: Readonly<Record<string, unknown>>,
): AnyFunction {
  const { path, text, name, module, place } = reference
  const value = path === undefined ? findExport(reference, namespace) : follow(path, namespace)
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${name} of ${module} is not a function: ${repr(value)}`)
  if (typeof value !== 'function') throw notExportedError(reference)
  if (text !== undefined && !isTextOf(text, unwrap(value as AnyFunction)))
    throw new TypeError(
      `${name || 'the function'}() at ${place ?? module} is another function there: what the module exports as ` +
        `${path?.at(-1)} has another text. The export must be the same function each time the module is loaded`,
    )
  rememberModule(module, value as AnyFunction)
  return value as AnyFunction
}

/** The export that its variable holds here. The text alone could be that of several functions. */
function findExport(
  { text, variable }: FunctionReference,
  namespace: Readonly<Record<string, unknown>>,
): AnyFunction | undefined {
  const all = Object.values(namespace).filter((value) => typeof value === 'function') as AnyFunction[]
  return all.find(
    (fn) => text !== undefined && isTextOf(text, unwrap(fn)) && moduleScope(unwrap(fn))?.variables[variable] === fn,
  )
}
