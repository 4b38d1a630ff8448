// A function can't be cloned, but the other side can import its module and take the export. As for Python's pickle, the
// identity counts: this very function must be the value of a variable that the module exports. The other side checks
// that its function has the same text.
//
//   toReference(spin)  ──▶  { module, path }  ──clone──▶  importFunction({ module, path })  ──▶  spin

import { readFileSync } from 'node:fs'
import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { formatLocation, functionLocation, repr, type SourceLocation, scriptLocation } from '@spindle/loop/internal'
import { type FunctionText, notExportedError, textOfFunction, titleOf } from './import-function.ts'
import { references, rememberModule, unwrap } from './known-functions.ts'
import { mayRequire } from './load-module.ts'
import { type ModuleScope, moduleScope, scriptText } from './module-scope.ts'
import { ModuleText, type SoughtFunction } from './module-text.ts'
import { isObject } from './serialize.ts'
import { type StrippedModules, strippedModules } from './stripped-modules.ts'

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
  /** How to get from the module's namespace to the function; undefined if only the loaded module shows it. */
  readonly path?: readonly string[] | undefined
  /** The variable of the module that holds it. */
  readonly variable: string
  /** Its text on the other side, if known. */
  readonly text?: FunctionText | undefined
  /** What the other side need not compile again. */
  readonly stripped?: StrippedModules | undefined
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

/** @throws TypeError if `fn` is not an export of a module, so that another thread could not find it */
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
  const found = makeReference(fn, inner)
  const reference = { ...found, stripped: strippedModules(found.module) }
  references.set(fn, reference)
  rememberModule(reference.module, inner)
  return reference
}

function makeReference(fn: AnyFunction, inner: AnyFunction): FunctionReference {
  const location = locationOf(inner)
  const name = nameOf(fn, inner)
  const module = moduleOf(inner, location, name)
  const place = location && formatLocation(location)
  if (NO_FILE.test(module)) throw noFileError(name)
  const reference = { module, name, place, variable: name, text: textOfFunction(inner) }
  const scope = moduleScope(inner)
  const { exports, sought } = readModule(fn, inner, reference, scope)
  const commonJs = commonJsModule(module)
  if (commonJs !== undefined) {
    if (exports === undefined && scope?.isClosure) throw closureError(reference)
    const isFirst: IsFirst = (key, isGetter) => exports?.isFirstExport(key, isGetter, sought) ?? true
    const path = pathInCommonJs(fn, commonJs.exports, isFirst)
    if (path !== undefined) return { ...reference, path }
    if (commonJs.loaded) throw notExportedError(reference)
  }
  const found = exports?.nameOf(sought)
  const variable = scope && Object.keys(scope.variables).find(sought.isIn)
  if (found !== undefined) {
    const text = scope && isCompiledByRunner(inner, module, scope) ? undefined : reference.text
    return { ...reference, path: [found], variable: variable ?? found, text }
  }
  if (exports === undefined) {
    if (scope === undefined) return { ...reference, path: [name] }
    // The other thread looks which export this variable is.
    if (scope.isModule && variable !== undefined && !scope.isClosure) return { ...reference, path: undefined, variable }
  }
  throw scope?.isClosure ? closureError(reference) : notExportedError(reference)
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

function readModule(
  fn: AnyFunction,
  inner: AnyFunction,
  { module, name }: FunctionReference,
  scope: ModuleScope | undefined,
): { readonly exports: ModuleText | undefined; readonly sought: SoughtFunction } {
  const source = scope ? sourceOf(inner, module, scope) : textOf(module)
  // Without an inspector only the module that the user names, and the name of the function, are known.
  const isIn = (variable: string): boolean => (scope ? scope.variables[variable] === fn : variable === name)
  const span = scope && source !== undefined ? spanOf(inner, source, scope) : undefined
  const exports = source === undefined ? undefined : ModuleText.read(source)
  return { exports, sought: { isIn, span, isWrapped: fn !== inner } }
}

/** Whether a test runner has compiled the module to another text than a thread will load. */
function isCompiledByRunner(inner: AnyFunction, module: string, scope: ModuleScope): boolean {
  const isJest = process.env['JEST_WORKER_ID'] !== undefined // whose modules are real ones
  return !scope.isModule || (isJest && spanOf(inner, textOf(module) ?? '', scope) === undefined)
}

/** The text that the engine runs; read from the file, which is quicker, if nothing has compiled it. */
function sourceOf(inner: AnyFunction, module: string, scope: ModuleScope): string | undefined {
  const file = mayRequire(module) ? textOf(module) : undefined
  const isRun = file !== undefined && spanOf(inner, file, scope) !== undefined
  return isRun ? file : scriptText(inner, scope.scriptId)
}

function textOf(module: string): string | undefined {
  try {
    return readFileSync(new URL(module), 'utf8')
  } catch {
    return undefined // not a file, or not to be read under `--permission`
  }
}

function spanOf(
  fn: AnyFunction,
  source: string,
  { line, column }: ModuleScope,
): { start: number; end: number } | undefined {
  const text = Function.prototype.toString.call(fn)
  let place = 0
  for (let lines = 0; lines < line; lines++) {
    place = source.indexOf('\n', place) + 1
    if (place === 0) return undefined
  }
  const before = source.lastIndexOf(text, place + column)
  if (before >= 0 && before + text.length > place + column) return { start: before, end: before + text.length }
  // A test runner may have moved the columns of the first line.
  const only = source.indexOf(text)
  return only < 0 || only !== source.lastIndexOf(text) ? undefined : { start: only, end: only + text.length }
}

/** The CommonJS module that is loaded here, or still loading. */
function commonJsModule(module: string): { readonly exports: object; readonly loaded: boolean } | undefined {
  if (!module.startsWith('file:')) return undefined
  const { _cache: cache } = Module as unknown as { readonly _cache: Readonly<Record<string, NodeJS.Module>> }
  const { exports, loaded } = cache[fileURLToPath(module)] ?? { loaded: false }
  return isObject(exports) && !types.isModuleNamespaceObject(exports) ? { exports, loaded } : undefined
}

/** Whether a module that has just been loaded has the function as this export. */
type IsFirst = (key: string, isGetter: boolean) => boolean

/** Finds `fn` among the exports of a CommonJS module, which may have changed since it was loaded. */
function pathInCommonJs(fn: AnyFunction, exports: object, isFirst: IsFirst): readonly string[] | undefined {
  if (exports === fn && isFirst('exports', false)) return ['default']
  for (const key of Object.keys(exports)) {
    try {
      if (Reflect.get(exports, key) !== fn || Reflect.get(exports, key) !== fn) continue // a getter may return another
      const isGetter = Object.getOwnPropertyDescriptor(exports, key)?.get !== undefined
      if (isFirst(key, isGetter)) return ['default', key]
    } catch {} // a getter that throws is not a function
  }
  return undefined
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

// An anonymous default export is called `default`, but Vite has its own name for it.
function nameOf(fn: AnyFunction, inner: AnyFunction): string {
  return (inner.name || fn.name).replace('__vite_ssr_export_default__', 'default')
}

const marked = new WeakMap<object, string>()
