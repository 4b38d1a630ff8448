import { inspect } from 'node:util'
import type { AnyFunction, FunctionReference } from './function-reference.ts'
import { GUARD, importModule } from './import-module.ts'
import { nameOf, rememberModule, unwrap } from './known-functions.ts'
import { loadedOwnFunction } from './own-functions.ts'
import { reasonOf } from './reason-of.ts'
import { loaderHere } from './typescript-loader.ts'

const REMEDIES: Readonly<Record<string, string>> = {
  ERR_UNKNOWN_FILE_EXTENSION:
    'This Node loads no TypeScript by itself: install tsx beside the program, or use Node.js ≥ 22.18',
  ERR_MODULE_NOT_FOUND: 'Check its path, and what it imports',
  ERR_REQUIRE_CYCLE_MODULE: 'Its package.json must say that it is an ES module: npm pkg set type=module',
}

/** @throws RuntimeError, which begins with `refusal`, if the module fails; TypeError if the function is not there */
export async function importFunction(
  reference: FunctionReference,
  refusal: string = `${reference.name}() can't be called`,
): Promise<AnyFunction> {
  const loaded = reference.isOwn && loadedOwnFunction(reference.name) // there already in a bundle
  if (loaded) return loaded
  let namespace: Namespace
  try {
    namespace = await importModule(reference.module)
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

/** @throws TypeError if it is not there, or another one */
export async function functionIn(namespace: Namespace, reference: FunctionReference): Promise<AnyFunction> {
  const { path, text, name, module, place } = reference
  const value = path === undefined ? findExport(reference, namespace) : follow(path, namespace)
  if (value === undefined) throw notExportedError(reference)
  if (typeof value !== 'function') throw new TypeError(`${name} of ${module} is not a function: ${inspect(value)}`)
  const fn = value as AnyFunction
  if (text !== undefined && !isTextOf(text, unwrap(fn)))
    throw new TypeError(
      `${titleOf(name)} at ${place ?? module} is another function there: what the module exports as ` +
        `${path?.at(-1)} has another text. The export must be the same function each time the module is loaded`,
    )
  rememberModule(module, fn)
  return fn
}

/**
 * The export of an imported module at `path`. The namespace of a CommonJS module has its exports under `default`;
 * loaders that compile it also have them at the top.
 */
function follow([first = '', second]: readonly string[], namespace: Namespace): unknown {
  if (second === undefined) return namespace[first] ?? propertyOf(namespace['default'], first)
  return propertyOf(namespace[first], second) ?? namespace[second]
}

function propertyOf(value: unknown, key: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? Reflect.get(value, key)
    : undefined
}

/** The export with the text of the function that was sent, or with its name if the texts can't be compared. */
function findExport({ text, name, variable }: FunctionReference, namespace: Namespace): AnyFunction | undefined {
  const named = namespace[variable]
  const isSame = (fn: AnyFunction): boolean =>
    text?.loader === loaderHere()
      ? isTextOf(text, unwrap(fn))
      : fn === named || (name !== '' && (nameOf(fn) === name || fn === namespace[name]))
  // CommonJS has its exports in an object.
  const same = [namespace, namespace['default'], namespace['module.exports']].flatMap(functionsOf).filter(isSame)
  return same.find((fn) => fn === named) ?? same.find((fn) => nameOf(fn) === name) ?? same[0]
}

type Namespace = Readonly<Record<string, unknown>>

function functionsOf(exports: unknown): AnyFunction[] {
  if (typeof exports === 'function') return [exports as AnyFunction]
  if (typeof exports !== 'object' || exports === null) return []
  return Object.values(exports).filter((value): value is AnyFunction => typeof value === 'function')
}

export function titleOf(name: string): string {
  return name ? `${name}()` : 'the function'
}

export function notExportedError({ name, module, place }: FunctionReference): TypeError {
  return new TypeError(
    `${titleOf(name)} at ${place ?? module} is not exported, so that another thread can't find it. ` +
      `Write: export function ${name || 'someName'}(…), or in a bundle use workerModule()`,
  )
}

/** The text of a function, by which a thread knows it. */
export interface FunctionText {
  readonly length: number
  readonly hash: number
  /** Texts of different loaders can't be compared. */
  readonly loader: string
}

export function textOfFunction(fn: AnyFunction): FunctionText {
  const text = Function.prototype.toString.call(fn)
  let hash = 0x811c9dc5 // FNV-1a
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return { length: text.length, hash, loader: loaderHere() }
}

function isTextOf(expected: FunctionText, fn: AnyFunction): boolean {
  const { length, hash, loader } = textOfFunction(fn)
  return loader !== expected.loader || (length === expected.length && hash === expected.hash)
}
