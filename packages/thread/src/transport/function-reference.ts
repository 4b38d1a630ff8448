// A function can't be cloned, but an exported one can be found again: the other side imports its module and takes what
// is exported there. What counts is identity, as for Python's pickle: a variable of the module has this very function
// as its value, and the module exports that variable. Text never counts.
//
//   toReference(spin)  ──▶  { module, path }  ──clone──▶  resolveReference(…, await import(module))  ──▶  spin

import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import {
  formatLocation,
  functionLocation,
  isClosure,
  repr,
  type SourceLocation,
  scriptLocation,
} from '@spindle/loop/internal'
import { exportedAs, UNCLEAR } from './exported-as.ts'
import { knownReference, rememberModule, setReference, unwrap } from './known-functions.ts'
import { mayRequire } from './may-require.ts'
import { moduleVariables } from './module-scope.ts'
import { textOf } from './text-of.ts'

/** Any function. Its parameters are checked where arguments are passed with it. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any parameters is assignable to nothing else
export type AnyFunction = (...args: any) => unknown

/** What is sent instead of a function. */
export interface FunctionReference {
  /** URL of the module to import. */
  readonly module: string
  /** The function's own name, for messages. */
  readonly name: string
  /** Where it stands in the source, for messages. */
  readonly place: string | undefined
  /** How to get from the module's namespace to the function; undefined if only the loaded module shows it. */
  readonly path: readonly string[] | undefined
  /** The variable of the module that holds it, by which it is found there without the exports. */
  readonly variable: string
  /** Whether it is one of Spindle's own, which need not be an export where everything is bundled. */
  readonly isOwn?: true
}

/**
 * Names the module of an exported function, where the engine can't: there is no inspector under `--permission`, in Deno
 * and in Bun. The module must export the function under its own name.
 *
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
  const known = knownReference(fn)
  if (known !== undefined) return known
  if (typeof fn !== 'function') throw new TypeError(`a function was expected, got ${repr(fn)}`)
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
  setReference(fn, reference)
  rememberModule(reference.module, inner)
  return reference
}

/** The variable that holds `fn` in the module where `inner`, the same or what it wraps, was written. */
export function variableOf(fn: AnyFunction, inner: AnyFunction = fn): string | undefined {
  const variables = moduleVariables(inner)
  return variables && Object.keys(variables).find((name) => variables[name] === fn)
}

function makeReference(fn: AnyFunction, inner: AnyFunction): FunctionReference {
  const location = locationOf(inner)
  const module = marked.get(inner) ?? location?.script
  const name = nameOf(fn, inner)
  if (module === undefined) {
    throw new TypeError(
      `The engine can't tell in which module ${name || 'the function'}() stands. ` +
        `Write fromModule(import.meta, ${name || 'fn'}), or pass a function of workerModule().`,
    )
  }
  const place = location && formatLocation(location)
  const reference = { module, name, place, variable: name }
  if (location === undefined) {
    // No inspector: the user's word for the module, and the function's own name, is all there is.
    const text = textOf(module)
    const exported = text === undefined ? UNCLEAR : exportedAs(text, name)
    if (exported === undefined) throw notExportedError({ ...reference, path: undefined })
    return { ...reference, path: [exported === UNCLEAR ? name : exported] }
  }
  const path = pathInCommonJs(fn, module)
  if (path !== undefined) return { ...reference, path }
  if (isClosure(inner)) {
    throw new TypeError(
      `${name || 'the function'}() at ${place} was made inside another function, whose variables can't follow it. ` +
        'Make it an exported function of a module, and pass it what it needs in `args`. ' +
        'In a bundle use workerModule().',
    )
  }
  return { ...reference, ...findInModule(fn, inner, reference, location) }
}

/** Where `fn` is in the source: what the engine runs is that, if nothing has compiled it. */
function locationOf(fn: AnyFunction): SourceLocation | undefined {
  const location = scriptLocation(fn)
  const isPlain =
    location && mayRequire(location.script) && !textOf(location.script)?.includes('sourceMappingURL=data:')
  return isPlain ? location : functionLocation(fn)
}

function findInModule(
  fn: AnyFunction,
  inner: AnyFunction,
  reference: Omit<FunctionReference, 'path'>,
  location: SourceLocation,
): Pick<FunctionReference, 'path' | 'variable'> {
  const text = textOf(reference.module)
  const variable = variableOf(fn, inner)
  const exported = text !== undefined && variable !== undefined ? exportedAs(text, variable) : undefined
  if (variable !== undefined && exported !== undefined && exported !== UNCLEAR) return { variable, path: [exported] }
  // `export default` of something without a name: its variable has none in the engine, or one that the compiler made
  // up.
  if (isDefaultExport(fn, inner, variable) && lineOf(location, text)?.includes('export default'))
    return { variable: variable ?? 'default', path: ['default'] }
  if (variable === undefined || (text !== undefined && exported === undefined))
    throw notExportedError({ ...reference, path: undefined })
  return { variable, path: undefined }
}

function isDefaultExport(fn: AnyFunction, inner: AnyFunction, variable: string | undefined): boolean {
  if (variable !== undefined) return /_default_*$/.test(variable) // of esbuild, and of Vite
  return inner.name === 'default' || fn !== inner
}

function lineOf(location: SourceLocation, text: string | undefined): string | undefined {
  const source = location.url === location.script ? text : textOf(location.url)
  return source?.split('\n')[location.line - 1]
}

/** What CommonJS exports is known here: it can be asked at once which export is `fn`. */
function pathInCommonJs(fn: AnyFunction, module: string): readonly string[] | undefined {
  if (!module.startsWith('file:')) return undefined
  const { _cache: cache } = Module as unknown as { readonly _cache: Readonly<Record<string, { exports: unknown }>> }
  const exports = cache[fileURLToPath(module)]?.exports
  if (exports === fn) return ['default']
  if (typeof exports !== 'object' || exports === null) return undefined
  for (const key of Object.keys(exports)) {
    try {
      if (Reflect.get(exports, key) === fn) return ['default', key]
    } catch {} // a getter that throws is not a function
  }
  return undefined
}

/** The error about a function that is not exported. */
export function notExportedError({ name, module, place }: FunctionReference): TypeError {
  return new TypeError(
    `${name || 'the function'}() at ${place ?? module} is not exported, so that another thread can't find it. ` +
      `Write: export function ${name || 'someName'}(…), or in a bundle use workerModule()`,
  )
}

// An anonymous default export is called `default`, but Vite has its own name for it.
function nameOf(fn: AnyFunction, inner: AnyFunction): string {
  return (inner.name || fn.name).replace('__vite_ssr_export_default__', 'default')
}

const marked = new WeakMap<object, string>()
