// The engine keeps the variables of a module as the scope of each of its functions. The inspector answers
// synchronously, and reads only this scope, never the whole heap.
//
//   fn ──[[Scopes]]──▶ Closure (make) …, Module { double: ƒ, five: ƒ, Scaler: ƒ, imported: ƒ }, Global

import { types } from 'node:util'
import { functionLocation, type Inspector, inspectInEngine } from '@spindle/loop/internal'
import type { AnyFunction, FunctionReference } from './function-reference.ts'
import { functionOf, knownFunctions, rememberModule } from './known-functions.ts'

type Variables = Readonly<Record<string, unknown>>

export interface ModuleScope {
  /** The variables of its module: its own and the imported ones. */
  readonly variables: Variables
  /** Whether the module is a real ES module, rather than a function that a test runner has made of it. */
  readonly isModule: boolean
  /** Whether it is the block that Vitest has made of the module. */
  readonly isBlock: boolean
  /** Whether the function was made inside another one, or in a block, and can see the variables there. */
  readonly isClosure: boolean
}

/** undefined without an inspector, or if `fn` is native. */
export function moduleScope(fn: AnyFunction): ModuleScope | undefined {
  return inspectInEngine(fn, (inspector, objectId) => scopeOf(inspector, objectId, undefined))
}

/** The variable that holds `fn` in the module of `inner`, the function that it wraps. */
export function variableOf(fn: AnyFunction, inner: AnyFunction = fn): string | undefined {
  const variables = moduleScope(inner)?.variables
  return variables && Object.keys(variables).find((name) => variables[name] === fn)
}

/** Finds a function of a module that is loaded on this thread, without an import, which needs a thread that is free. */
export function findLoaded({
  module,
  variable,
}: Pick<FunctionReference, 'module' | 'variable'>): AnyFunction | undefined {
  const key = `${module} ${variable}`
  const known = loaded.get(key)
  if (known !== undefined) return known
  const found = findVariable(module, variable)
  if (typeof found !== 'function') return undefined
  loaded.set(key, found as AnyFunction)
  rememberModule(module, found as AnyFunction)
  return found as AnyFunction
}

const loaded = new Map<string, AnyFunction>() // as many as the program names functions to call from other threads

/**
 * Finds a variable of a module that is loaded on this thread. The search begins at the functions that have crossed to
 * or from this thread, and follows the imports of their modules.
 */
function findVariable(module: string, name: string): unknown {
  const inModule = functionOf(module)
  const value = inModule && moduleScope(inModule)?.variables[name]
  if (value !== undefined) return value
  const queue = knownFunctions()
  const seen = new Set<string>()
  for (let looked = 0; looked < queue.length && looked < MAX_FUNCTIONS_LOOKED_AT; looked++) {
    const scope = inspectInEngine(queue[looked] as AnyFunction, (inspector, id) => scopeOf(inspector, id, seen))
    if (scope === undefined) continue
    for (const { candidate, key } of functionsIn(scope.variables)) {
      if (key === name && functionLocation(candidate)?.script === module) return candidate
      queue.push(candidate)
    }
  }
  return undefined
}

const MAX_FUNCTIONS_LOOKED_AT = 500 // 0.1 ms each

interface Scope {
  readonly description: string
  readonly object: Variables
}

/** undefined, too, if the script is in `seen`, to which it is added. */
function scopeOf(inspector: Inspector, objectId: string, seen: Set<string> | undefined): ModuleScope | undefined {
  const { internalProperties = [] } = inspector.properties(objectId)
  const internal = (name: string): (typeof internalProperties)[number]['value'] =>
    internalProperties.find((property) => property.name === name)?.value
  const place = internal('[[FunctionLocation]]')?.value as { readonly scriptId: string } | undefined
  const scopesId = internal('[[Scopes]]')?.objectId
  if (scopesId === undefined || place === undefined || seen?.has(place.scriptId)) return undefined
  seen?.add(place.scriptId)
  const all = Array.from(inspector.valueOf(scopesId) as ArrayLike<Scope>) // an array without a prototype
  const scopes = all.filter(({ description }) => description !== 'Global' && description !== 'Script')
  const module = findModule(scopes)
  const isModule = module?.description === 'Module'
  const isBlock = module?.description === 'Block'
  // The function around a whole module, of CommonJS and test runners, has no name and does not count.
  const isNamed = scopes.some(({ description }) => description.startsWith('Closure ('))
  const isClosure = isNamed || ((isModule || isBlock) && module !== scopes[0])
  return { variables: initialised(module?.object ?? {}), isModule, isBlock, isClosure }
}

/** Since Node 22, to read a variable before the module has initialised it throws a ReferenceError. */
function initialised(variables: Variables): Variables {
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(variables)) {
    try {
      values[name] = variables[name]
    } catch {}
  }
  return values
}

/**
 * Vitest runs a module as a block inside a function without a name, CommonJS as such a function. tsx puts another one
 * into that of CommonJS, which then has no variables but the parameters.
 */
function findModule(scopes: readonly Scope[]): Scope | undefined {
  const module = scopes.find(({ description }) => description === 'Module')
  if (module !== undefined) return module
  const outermost = scopes.at(-1)
  const next = scopes.at(-2)
  if (outermost?.description !== 'Closure') return outermost
  const isTsx = next?.description === 'Closure' && Object.keys(outermost.object).every((name) => PARAMETERS.has(name))
  return next?.description === 'Block' || isTsx ? next : outermost
}

const PARAMETERS: ReadonlySet<string> = new Set(['exports', 'require', 'module', '__filename', '__dirname'])

function* functionsIn(variables: Variables): Generator<{ readonly candidate: AnyFunction; readonly key: string }> {
  for (const [key, value] of Object.entries(variables)) {
    if (typeof value === 'function') yield { candidate: value as AnyFunction, key }
    if (typeof value !== 'object' || value === null || !isNamespace(value)) continue
    for (const name of Object.keys(value)) {
      try {
        const exported: unknown = Reflect.get(value, name)
        if (typeof exported === 'function') yield { candidate: exported as AnyFunction, key: name }
      } catch {} // not initialised yet
    }
  }
}

/**
 * Vite makes its own namespaces. A CommonJS module that is still loading is a Proxy, which warns when it is read.
 */
function isNamespace(object: object): boolean {
  return !types.isProxy(object) && Reflect.getOwnPropertyDescriptor(object, Symbol.toStringTag)?.value === 'Module'
}
