import type { AnyFunction, FunctionReference } from './function-reference.ts'
import { isTextOf } from './function-text.ts'
import { GUARD, importModule } from './import-module.ts'
import { follow, rememberModule, unwrap } from './known-functions.ts'
import { loadedOwnFunction } from './own-functions.ts'
import { reasonOf } from './reason-of.ts'

// What to do, by the code of the error.
const REMEDIES: Readonly<Record<string, string>> = {
  ERR_UNKNOWN_FILE_EXTENSION:
    'This Node loads no TypeScript by itself: install tsx beside the program, or use Node.js ≥ 22.18',
  ERR_MODULE_NOT_FOUND: 'Check its path, and what it imports',
  ERR_REQUIRE_CYCLE_MODULE: 'Its package.json must say that it is an ES module: npm pkg set type=module',
}

/**
 * Imports the module of a reference and returns the function that the reference names.
 * @param refusal names the operation that fails if the module fails
 * @throws RuntimeError if the module fails; TypeError if the function is not there
 */
export async function importFunction(
  reference: FunctionReference,
  refusal: string = `${reference.name}() can't be called`,
): Promise<AnyFunction> {
  const loaded = reference.isOwn && loadedOwnFunction(reference.name) // there already in a bundle
  if (loaded) return loaded
  let namespace: Readonly<Record<string, unknown>>
  try {
    namespace = await importModule(reference.module, reference.stripped)
  } catch (cause) {
    const reason = reasonOf(cause).replace(/(?<= in a cycle)\. [\s\S]*/, '')
    const code = (cause as { readonly code?: string } | undefined)?.code ?? ''
    const hint = REMEDIES[code] ?? (reason.includes('isMain(') ? undefined : GUARD)
    const { RuntimeError } = await import('@spindle/loop')
    const message = `${refusal}, as its module ${reference.module} fails there: ${reason}`
    throw new RuntimeError(hint === undefined ? message : `${message}. ${hint}`, { cause })
  }
  return (reference.isOwn && loadedOwnFunction(reference.name)) || functionIn(namespace, reference)
}

/** The function of a reference in its imported module. @throws TypeError if the module does not export it */
export async function functionIn(
  namespace: Readonly<Record<string, unknown>>,
  reference: FunctionReference,
): Promise<AnyFunction> {
  const { path, text } = reference
  const found = path && follow(path, namespace)
  if (typeof found === 'function' && (text === undefined || isTextOf(text, unwrap(found as AnyFunction)))) {
    rememberModule(reference.module, found as AnyFunction)
    return found as AnyFunction
  }
  const { resolveReference } = await import('./resolve-reference.ts') // few threads need it
  return resolveReference(reference, namespace)
}
