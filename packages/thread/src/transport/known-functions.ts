// The functions that have crossed to or from this thread.

import type { AnyFunction, FunctionReference } from './function-reference.ts'

/** How to name a function that has crossed, or that crosses in another way than by its module. */
export const references: WeakMap<object, FunctionReference> = new WeakMap()

const known = new Map<string, WeakRef<AnyFunction>>() // by module: one function is enough to see the others

/** `findLoaded` also searches the module of `fn` from now on. */
export function rememberModule(module: string, fn: AnyFunction): void {
  known.set(module, new WeakRef(unwrap(fn)))
}

export function functionOf(module: string): AnyFunction | undefined {
  return known.get(module)?.deref()
}

/** One function of each module that has crossed. */
export function knownFunctions(): AnyFunction[] {
  return [...known.keys()].flatMap((module) => functionOf(module) ?? [])
}

/** The function that `coroutine()` of `@spindle/task` wraps; the wrapper itself is in a file of Spindle. */
export function unwrap(fn: AnyFunction): AnyFunction {
  const inner: unknown = Reflect.get(fn, Symbol.for('spindle.coroutineFunction'))
  return typeof inner === 'function' ? (inner as AnyFunction) : fn
}

/** Its own name. An anonymous default export is called `default`, but Vite has its own name for it. */
export function nameOf(fn: AnyFunction): string {
  return (unwrap(fn).name || fn.name).replace('__vite_ssr_export_default__', 'default')
}
