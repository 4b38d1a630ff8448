// What a module has declared can be read from any function of that module: the engine keeps it as the function's scope.
// The inspector answers at once, also while the thread blocks, and reads that one scope, never the whole heap.
//
//   fn ──[[Scopes]]──▶ Closure (make) …, Module { double: ƒ, five: ƒ, Scaler: ƒ, imported: ƒ }, Global

import { Session } from 'node:inspector'
import { types } from 'node:util'
import { functionLocation } from '@spindle/loop/internal'
import type { AnyFunction } from './function-reference.ts'
import { functionOf, knownFunctions } from './known-functions.ts'

type Variables = Readonly<Record<string, unknown>>

/**
 * The variables of the module in which `fn` was written: its own and those that it imports. undefined where there is no
 * inspector, or `fn` is native.
 */
export function moduleVariables(fn: AnyFunction): Variables | undefined {
  return scopeOf(fn, undefined)
}

/**
 * Finds a variable of a module that is loaded on this thread, however it was loaded: the search begins at the functions
 * that have crossed to or from this thread, and follows the imports of their modules.
 */
export function findVariable(module: string, name: string): unknown {
  const inModule = functionOf(module)
  const value = inModule && moduleVariables(inModule)?.[name]
  if (value !== undefined) return value
  const queue = knownFunctions()
  const seen = new Set<string>()
  for (let looked = 0; looked < queue.length && looked < MAX_FUNCTIONS_LOOKED_AT; looked++) {
    const variables = scopeOf(queue[looked] as AnyFunction, seen)
    if (variables === undefined) continue
    for (const { candidate, key } of functionsIn(variables)) {
      if (key === name && functionLocation(candidate)?.script === module) return candidate
      queue.push(candidate)
    }
  }
  return undefined
}

const MAX_FUNCTIONS_LOOKED_AT = 500 // 0.1 ms each

/** An entry of the engine's `[[Scopes]]`. */
interface Scope {
  readonly description: string
  readonly object: Variables
}

/** Vitest runs a module as a block inside a function without a name, CommonJS as such a function. */
function findModule(scopes: readonly Scope[]): Scope | undefined {
  const module = scopes.find(({ description }) => description === 'Module')
  if (module !== undefined) return module
  const inner = scopes.filter(({ description }) => description !== 'Global' && description !== 'Script')
  const outermost = inner.at(-1)
  const next = inner.at(-2)
  return outermost?.description === 'Closure' && next?.description === 'Block' ? next : outermost
}

/** undefined, too, if the script of `fn` is in `seen`, to which it is added. */
function scopeOf(fn: AnyFunction, seen: Set<string> | undefined): Variables | undefined {
  const inspector = theInspector()
  if (inspector === undefined) return undefined
  try {
    const scopes = inspector.scopesOf(fn, seen)
    return scopes && (findModule(scopes)?.object ?? {})
  } catch {
    return undefined
  } finally {
    inspector.release()
  }
}

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

let current: Inspector | null | undefined // null: there is none

function theInspector(): Inspector | undefined {
  if (current === undefined) {
    try {
      current = new Inspector()
    } catch {
      current = null
    }
  }
  return current ?? undefined
}

const HANDOVER = Symbol.for('spindle.scope')
const GROUP = 'spindle.scope'

class Inspector {
  readonly #session: Session = new Session()
  readonly #holder = globalThis as Record<symbol, unknown> // the inspector reaches what is global only

  constructor() {
    this.#session.connect()
    this.#ask('Runtime.evaluate', { expression: '0' })
  }

  scopesOf(fn: AnyFunction, seen: Set<string> | undefined): readonly Scope[] | undefined {
    this.#holder[HANDOVER] = fn
    const { result } = this.#ask<{ result: { objectId: string } }>('Runtime.evaluate', {
      expression: "globalThis[Symbol.for('spindle.scope')]",
      objectGroup: GROUP,
      silent: true,
    })
    delete this.#holder[HANDOVER]
    const { internalProperties = [] } = this.#properties(result.objectId)
    const internal = (name: string): PropertyValue | undefined =>
      internalProperties.find((property) => property.name === name)?.value
    const script = internal('[[FunctionLocation]]')?.value?.scriptId
    const scopes = internal('[[Scopes]]')?.objectId
    if (scopes === undefined || script === undefined || seen?.has(script)) return undefined
    seen?.add(script)
    return Array.from(this.#valueOf(scopes) as ArrayLike<Scope>) // an array without a prototype
  }

  /** The inspector holds what it was asked about until then. */
  release(): void {
    this.#session.post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  }

  /** The object itself that the inspector knows by this id. */
  #valueOf(objectId: string): unknown {
    let value: unknown
    this.#holder[HANDOVER] = (object: unknown): void => {
      value = object
    }
    this.#ask('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: "function () { globalThis[Symbol.for('spindle.scope')](this) }",
      silent: true,
    })
    delete this.#holder[HANDOVER]
    return value
  }

  #properties(objectId: string): Properties {
    return this.#ask('Runtime.getProperties', { objectId, ownProperties: true })
  }

  #ask<T>(method: string, parameters: object): T {
    let answer: unknown
    let failure: unknown = new Error(`the inspector does not answer ${method}`)
    this.#session.post(method, parameters, (error, result) => {
      failure = error
      answer = result
    })
    if (failure) throw failure
    return answer as T // the shape is that of the DevTools protocol
  }
}

interface Properties {
  readonly internalProperties?: readonly { readonly name: string; readonly value?: PropertyValue }[]
}
interface PropertyValue {
  readonly objectId?: string
  readonly value?: { readonly scriptId?: string }
}
