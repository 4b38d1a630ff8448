import { RuntimeError } from '@spindle/loop'
import { type AnyFunction, type FunctionReference, resolveReference } from './function-reference.ts'
import { importModule } from './import-module.ts'

const GUARD = 'If that module is a program, write `if (isMain(import.meta))` before what it does when it is started'

/** The function that a reference means, whose module is imported for it. @throws RuntimeError if that fails */
export async function loadFunction(reference: FunctionReference): Promise<AnyFunction> {
  let namespace: Readonly<Record<string, unknown>>
  try {
    namespace = await importModule(reference.module)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    let what = `${reference.name}() can't be called, as its module ${reference.module} fails there: ${reason}`
    if (!reason.includes('isMain(')) what += `. ${GUARD}`
    throw new RuntimeError(what, { cause })
  }
  return resolveReference(reference, namespace)
}
