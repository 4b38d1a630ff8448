// A function can't be cloned, but an exported one can be found again: the other side imports its module and takes what
// is exported there. The engine knows which module that is, so the user marks nothing.
//
//   refer(spin)  ──▶  { module, name, text, place }  ──clone──▶  find(reference, await import(module))  ──▶  spin

import { formatLocation, functionLocation, isClosure, repr } from '@spindle/loop/internal'

/** Any function. What it takes is checked where arguments are given along with it. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any parameters is assignable to nothing else
export type AnyFunction = (...args: any) => unknown

/** What is sent instead of a function. */
export interface FunctionReference {
  /** URL of the module to import. */
  readonly module: string
  /** The function's own name, under which it is probably exported. */
  readonly name: string
  /** Its compiled text, and where it stands in the source: what is found must agree in one of them. */
  readonly text: string
  readonly place: string | undefined
}

/**
 * Tells in which module an exported function stands, where the engine can't: it has no inspector under `--permission`.
 * Gives `fn` back: `new Thread({ target: fromModule(import.meta, spin) })`.
 */
export function fromModule<F extends AnyFunction>(meta: { readonly url: string }, fn: F): F {
  if (typeof fn !== 'function') throw new TypeError(`fromModule() takes import.meta and a function, got ${String(fn)}`)
  marked.set(original(fn), meta.url)
  return fn
}

/** @throws TypeError if another thread could not find `fn`, as far as that can be seen from here. */
export function refer(fn: AnyFunction): FunctionReference {
  const known = references.get(fn)
  if (known !== undefined) return known
  if (typeof fn !== 'function') throw new TypeError(`a function was expected, got ${repr(fn)}`)
  const inner = original(fn)
  const text = Function.prototype.toString.call(inner)
  if (text.endsWith('{ [native code] }')) {
    throw new TypeError(
      `${fn.name || 'a native function'}() is native or bound, and can't be found again in another thread. ` +
        'Pass an exported function of a module, and what it was bound to in `args`.',
    )
  }
  const location = functionLocation(inner)
  const module = marked.get(inner) ?? location?.script
  if (module === undefined) {
    throw new TypeError(
      `The engine can't tell in which module ${fn.name}() stands. Write: fromModule(import.meta, ${fn.name})`,
    )
  }
  const place = location && formatLocation(location)
  if (isClosure(inner)) {
    throw new TypeError(
      `${inner.name || 'the function'}() at ${place} was made inside another function, whose variables can't follow it. ` +
        'Make it an exported function of a module, and pass it what it needs in `args`.',
    )
  }
  // An anonymous default export is called `default`, but vitest has its own name for it.
  const name = (inner.name || fn.name).replace('__vite_ssr_export_default__', 'default')
  const reference: FunctionReference = { module, name, text, place }
  references.set(fn, reference)
  return reference
}

/** @throws TypeError if the module exports no such function. */
export function find(reference: FunctionReference, namespace: Readonly<Record<string, unknown>>): AnyFunction {
  const { name, module, place } = reference
  const named = namespace[name]
  if (isTheOne(named, reference)) return named
  const others = new Set(Object.values(namespace).filter((value) => isTheOne(value, reference)))
  const [other] = others
  if (others.size === 1) return other as AnyFunction // isTheOne() lets functions pass only
  const where = place === undefined ? module : place
  if (others.size > 1) {
    throw new TypeError(
      `${name || 'the function'}() at ${where} is exported more than once. Export it under its own name.`,
    )
  }
  if (typeof named === 'function') {
    throw new TypeError(
      `What ${module} exports as ${name} in the other thread is another function than the one at ${where}.`,
    )
  }
  throw new TypeError(
    `${name || 'the function'}() at ${where} is not exported, so that another thread can't find it. ` +
      `Write: export function ${name || 'someName'}(…)`,
  )
}

const marked = new WeakMap<object, string>()
const references = new WeakMap<object, FunctionReference>()

/** The function that `coroutine()` of `@spindle/task` was given; the wrapper itself stands in a file of ours. */
function original(fn: AnyFunction): AnyFunction {
  const inner: unknown = Reflect.get(fn, Symbol.for('spindle.coroutineFunction'))
  return typeof inner === 'function' ? (inner as AnyFunction) : fn
}

/** Whether `value` is the function that `reference` means, or a wrapper of it. */
export function isTheOne(value: unknown, { name, text, place }: FunctionReference): value is AnyFunction {
  if (typeof value !== 'function') return false
  const inner = original(value as AnyFunction)
  if (Function.prototype.toString.call(inner) === text) return true
  // The text differs when the two sides compile differently (vitest and tsx, tsx and Node); then the place decides.
  if (place === undefined || inner.name !== name) return false
  const location = functionLocation(inner)
  return location !== undefined && formatLocation(location) === place
}
