import { Session } from 'node:inspector'
import { type AnyFunction, type FunctionReference, isTheOne, refer } from './function-reference.ts'

/**
 * Finds a function of a module that is loaded on this thread already; at once, so also where no import could ever
 * finish as the thread blocks. The first time it takes some 50 ms, as the engine looks through all there is.
 */
export function findLoaded(reference: FunctionReference): AnyFunction | undefined {
  const key = `${reference.module} ${reference.place} ${reference.name}`
  let fn = loaded.get(key)
  if (fn === undefined) {
    fn = functionsNamed(reference.name).find((candidate) => isFrom(reference, candidate))
    if (fn !== undefined) loaded.set(key, fn)
  }
  return fn
}

const loaded = new Map<string, AnyFunction>() // as many as the program names functions to call from other threads

function isFrom(reference: FunctionReference, candidate: AnyFunction): boolean {
  if (!isTheOne(candidate, reference)) return false
  try {
    return refer(candidate).module === reference.module
  } catch {
    return false // a closure with the same text
  }
}

function functionsNamed(name: string): AnyFunction[] {
  const found: AnyFunction[] = []
  const holder = globalThis as Record<symbol, unknown>
  const key = Symbol.for(TAKER)
  let session: Session | undefined
  try {
    session = new Session()
    session.connect()
    const prototype = ask<{ result: { objectId: string } }>(session, 'Runtime.evaluate', {
      expression: 'Function.prototype',
    })
    const { objects } = ask<{ objects: { objectId: string } }>(session, 'Runtime.queryObjects', {
      prototypeObjectId: prototype.result.objectId,
    })
    holder[key] = (functions: AnyFunction[]): void => {
      for (const fn of functions) if (nameOf(fn) === name) found.push(fn)
    }
    ask(session, 'Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: `function () { globalThis[Symbol.for('${TAKER}')](this) }`,
    })
  } catch {
    // No inspector here: nothing is found, and the caller is told.
  } finally {
    delete holder[key]
    session?.disconnect() // which also lets go of all those functions
  }
  return found
}

const TAKER = 'spindle.functions'

function nameOf(fn: AnyFunction): unknown {
  // Among all the functions there are some whose name is a getter that throws.
  return Object.getOwnPropertyDescriptor(fn, 'name')?.value
}

function ask<T>(session: Session, method: string, parameters: object): T {
  let answer: unknown
  let failure: unknown
  session.post(method, parameters, (error, result) => {
    failure = error
    answer = result
  })
  if (failure) throw failure
  return answer as T // the shape is that of the DevTools protocol
}
