// The functions that have crossed to or from this thread.

import type { AnyFunction, FunctionReference } from './function-reference.ts'

export function setReference(fn: AnyFunction, reference: FunctionReference): void {
  references.set(fn, reference)
}

export function knownReference(fn: AnyFunction): FunctionReference | undefined {
  return references.get(fn)
}

/** `findVariable` also searches the module of `fn` from now on. */
export function rememberModule(module: string, fn: AnyFunction): void {
  known.set(module, new WeakRef(unwrap(fn)))
}

/** A function of this module that has crossed. */
export function functionOf(module: string): AnyFunction | undefined {
  return known.get(module)?.deref()
}

/** One function of each module that has crossed. */
export function knownFunctions(): AnyFunction[] {
  const functions: AnyFunction[] = []
  for (const reference of known.values()) {
    const fn = reference.deref()
    if (fn !== undefined) functions.push(fn)
  }
  return functions
}

/** The function that `coroutine()` of `@spindle/task` wraps; the wrapper itself is in a file of Spindle. */
export function unwrap(fn: AnyFunction): AnyFunction {
  const inner: unknown = Reflect.get(fn, Symbol.for('spindle.coroutineFunction'))
  return typeof inner === 'function' ? (inner as AnyFunction) : fn
}

/**
 * The export of an imported module at `path`. The namespace of a CommonJS module has its exports under `default`;
 * loaders that compile it also have them at the top.
 */
export function follow([first = '', second]: readonly string[], namespace: Readonly<Record<string, unknown>>): unknown {
  if (second === undefined) return namespace[first] ?? propertyOf(namespace['default'], first)
  return propertyOf(namespace[first], second) ?? namespace[second]
}

function propertyOf(value: unknown, key: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? Reflect.get(value, key)
    : undefined
}

const references = new WeakMap<object, FunctionReference>()
// By module: one function is enough to see the others.
const known = new Map<string, WeakRef<AnyFunction>>()
