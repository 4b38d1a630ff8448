// How values appear in a trace. Its counterpart is in python/interpreter.py.

import { CancelledError, type Future, type Task } from 'spindle'
import { isFuture } from 'spindle/more'
import type { WaitResult } from 'spindle/types'
import type { Environment } from './environment.ts'

/** A value, an exception, or the name of an object. */
export function show(value: unknown, env: Environment): string {
  if (value === undefined || value === null) return 'None'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Buffer.isBuffer(value)) return `b${JSON.stringify(value.toString())}`
  if (Array.isArray(value)) return `[${value.map((item) => show(item, env)).join(', ')}]`
  if (value instanceof Set) {
    const items = [...value].map((item) => show(item, env)).sort()
    return `{${items.join(', ')}}`
  }
  if (value instanceof Error) return showError(value, env)
  if (isWaitResult(value)) return show([value.done, value.pending], env) // a tuple in Python
  const name = env.nameOf(value)
  if (name !== undefined) return `<${name}>`
  if (env.isTask(value)) return `<${env.labelOf(value)}>`
  if (isFuture(value)) return '<future>'
  if (typeof value === 'object' && Symbol.dispose in value) return 'true' // the result of acquire(), True in Python
  return `<${typeof value === 'object' ? value.constructor.name : typeof value}>`
}

function isWaitResult(value: unknown): value is WaitResult<Future> {
  return typeof value === 'object' && value !== null && 'pending' in value
}

function showError(error: Error, env: Environment): string {
  const inner = error instanceof AggregateError ? `, ${show(error.errors, env)}` : ''
  const cause = error.cause instanceof Error ? ` from ${show(error.cause, env)}` : ''
  return `${error.name}(${JSON.stringify(error.message)}${inner})${cause}`
}

/** The final state of an object with a name. `undefined` if there is nothing to report. */
export function stateOf(value: unknown, env: Environment): string | undefined {
  if (isFuture(value)) return stateOfFuture(value, env)
  for (const [is, state] of otherStates) if (is(value)) return state(value, env)
  return undefined
}

type StateOf = (value: never, env: Environment) => string
const otherStates: [is: (value: unknown) => boolean, state: (value: unknown, env: Environment) => string][] = []

/** Adds the objects of a class to the final states in a trace. */
export function tellState<T>(
  type: abstract new (...args: never) => T,
  state: (value: T, env: Environment) => string,
): void {
  otherStates.push([(value) => value instanceof type, state as StateOf as (value: unknown, env: Environment) => string])
}

function stateOfFuture(future: Future, env: Environment): string {
  const requests = env.isTask(future) ? ` cancelling=${(future as Task).cancelling()}` : ''
  if (!future.done()) return `pending${requests}`
  if (future.cancelled()) return `cancelled ${show(cancelledErrorOf(future), env)}${requests}`
  // peekException, because showing the exception must not mark it as retrieved.
  if (future.hasException()) return `failed ${show(future.peekException(), env)}${requests}`
  return `finished ${show(future.result(), env)}${requests}`
}

function cancelledErrorOf(future: Future): unknown {
  try {
    return future.result()
  } catch (error) {
    if (error instanceof CancelledError) return error
    throw error
  }
}
