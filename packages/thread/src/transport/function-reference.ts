// A function can't be cloned, but the other side can import its module and take the export. If it was not made inside
// another function, its module and its text identify it, because the text says which variables of the module it sees:
// any export with that text does the same. This side refuses closures; the other side finds the export, or throws.
//
//   toReference(spin)  ──▶  { module, text }  ──clone──▶  importFunction({ module, text })  ──▶  spin

import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { formatLocation, functionLocation, repr, type SourceLocation, scriptLocation } from '@spindle/loop/internal'
import { type FunctionText, notExportedError, textOfFunction, titleOf } from './import-function.ts'
import { nameOf, references, rememberModule, unwrap } from './known-functions.ts'
import { mayRequire } from './load-module.ts'
import { moduleScope } from './module-scope.ts'
import { isObject } from './serialize.ts'

/** Any function. Its parameters are checked where arguments are passed with it. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any parameters is assignable to nothing else
export type AnyFunction = (...args: any) => unknown

/** Stands for a function in a message. */
export interface FunctionReference {
  /** URL of the module to import. */
  readonly module: string
  /** The function's own name, for messages. */
  readonly name: string
  /** Its place in the source, for messages. */
  readonly place: string | undefined
  /** How to get from the module's namespace to the function, if that is known here. */
  readonly path?: readonly string[] | undefined
  /** The variable of the module that holds it, or its name. */
  readonly variable: string
  /** Its text on the other side; undefined if that compiles the module in another way. */
  readonly text?: FunctionText | undefined
  /** Whether it is one of Spindle's own, which need not be an export where everything is bundled. */
  readonly isOwn?: true
}

/**
 * Names the module of an exported function, where the engine can't: there is no inspector under `--permission`, in Deno
 * and in Bun. The module must export the function under its own name.
 *
 * @param meta `import.meta` of the module that exports `fn`
 * @param fn an export of that module
 * @returns `fn` itself: `new Thread({ target: fromModule(import.meta, spin) })`
 */
export function fromModule<F extends AnyFunction>(meta: { readonly url: string }, fn: F): F {
  if (typeof fn !== 'function') throw new TypeError(`fromModule() takes import.meta and a function, got ${repr(fn)}`)
  if (typeof meta?.url !== 'string') throw new TypeError(`fromModule() takes import.meta first, got ${repr(meta)}`)
  marked.set(unwrap(fn), meta.url)
  return fn
}

/** @throws TypeError if `fn` can't be an export of a module, so that another thread could not find it */
export function toReference(fn: AnyFunction): FunctionReference {
  const known = references.get(fn)
  if (known !== undefined) return known
  if (typeof fn !== 'function')
    throw new TypeError(
      `a function was expected, got ${repr(fn)}. Pass the function itself, and its arguments after it: (fn, 1, 2)`,
    )
  const inner = unwrap(fn)
  const text = Function.prototype.toString.call(inner)
  if (/^class\b/.test(text))
    throw new TypeError(`${fn.name} is a class. Pass an exported function that makes the object and uses it`)
  if (text.endsWith('{ [native code] }')) {
    throw new TypeError(
      `${fn.name || 'a native function'}() is native or bound, and can't be found again in another thread. ` +
        'Pass an exported function of a module, and what it was bound to in `args`.',
    )
  }
  const reference = makeReference(fn, inner)
  references.set(fn, reference)
  rememberModule(reference.module, inner)
  return reference
}

function makeReference(fn: AnyFunction, inner: AnyFunction): FunctionReference {
  const location = locationOf(inner)
  const name = nameOf(fn)
  const module = moduleOf(inner, location, name)
  const place = location && formatLocation(location)
  if (NO_FILE.test(module)) throw noFileError(name)
  const scope = moduleScope(inner)
  const { variables = {} } = scope ?? {}
  const variable = Object.keys(variables).find((key) => variables[key] === fn)
  const reference = { module, name, place, variable: variable ?? name, text: textOfFunction(inner) }
  if (scope === undefined) return { ...reference, path: [name] } // no inspector can tell more
  if (scope.isClosure) throw closureError(reference)
  const commonJs = commonJsModule(module)
  if (commonJs !== undefined) {
    const path = pathInCommonJs(fn, commonJs.exports)
    if (path === undefined && commonJs.loaded) throw notExportedError(reference)
    return { ...reference, path }
  }
  if (seesThis(inner) && variables[name] !== fn && name !== 'default') throw closureError(reference)
  if (scope.isModule && process.env['JEST_WORKER_ID'] === undefined) return reference
  // A test runner has compiled the module, so that only names can be compared. Vitest keeps its variables in a block.
  if (scope.isBlock && variable === undefined) throw notExportedError(reference)
  return { ...reference, text: undefined }
}

/** Whether it may see the `this` of a function around it, which the engine does not show: arrow functions do. */
function seesThis(fn: AnyFunction): boolean {
  return !Object.hasOwn(fn, 'prototype') && /\bthis\b/.test(Function.prototype.toString.call(fn))
}

function moduleOf(inner: AnyFunction, location: SourceLocation | undefined, name: string): string {
  const module = marked.get(inner)
  if (location === undefined) {
    if (module !== undefined) return module
    throw new TypeError(
      `The engine can't tell in which module ${titleOf(name)} stands. ` +
        `Write fromModule(import.meta, ${name || 'fn'}), or pass a function of workerModule().`,
    )
  }
  if (module === undefined || isSameFile(module, location.script) || isSameFile(module, location.url))
    return module ?? location.script
  throw new TypeError(
    `fromModule() was given ${module} for ${titleOf(name)} at ${formatLocation(location)}. ` +
      'Pass it the import.meta of the module in which the function stands',
  )
}

function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((url) => (URL.canParse(url) ? new URL(url).pathname : url))
  return first === second
}

function locationOf(fn: AnyFunction): SourceLocation | undefined {
  const location = scriptLocation(fn)
  return location && mayRequire(location.script) ? location : functionLocation(fn)
}

/** The CommonJS module that is loaded here, or still loading. */
function commonJsModule(module: string): { readonly exports: object; readonly loaded: boolean } | undefined {
  if (!module.startsWith('file:')) return undefined
  const { _cache: cache } = Module as unknown as { readonly _cache: Readonly<Record<string, NodeJS.Module>> }
  const { exports, loaded } = cache[fileURLToPath(module)] ?? { loaded: false }
  return isObject(exports) && !types.isModuleNamespaceObject(exports) ? { exports, loaded } : undefined
}

function pathInCommonJs(fn: AnyFunction, exports: object): readonly string[] | undefined {
  if (exports === fn) return ['default']
  const key = Object.keys(exports).find((name) => {
    try {
      return Reflect.get(exports, name) === fn
    } catch {
      return false // a getter that throws is not a function
    }
  })
  return key === undefined ? undefined : ['default', key]
}

// The names of code from `node -e`, `-p` and standard input, before and after Node resolves them.
const NO_FILE = /(?:^|\/)\[(?:eval|stdin)\d*\](?:-wrapper)?$|^data:/

function noFileError(name: string): TypeError {
  return new TypeError(
    `${titleOf(name)} comes from the command line (node -e) or standard input, where no other thread can ` +
      'import it. Write it into a file, as an exported function',
  )
}

function closureError({ name, place }: FunctionReference): TypeError {
  return new TypeError(
    `${titleOf(name)} at ${place} was made inside another function, whose variables can't follow it. ` +
      'Make it an exported function of a module, and pass it what it needs in `args`. ' +
      'In a bundle use workerModule().',
  )
}

const marked = new WeakMap<object, string>()
