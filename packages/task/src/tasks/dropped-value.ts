import type { EventLoop } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'

const CLOSERS: readonly string[] = ['close', 'release', 'destroy', 'end']

/**
 * In debug mode reports a value that nobody will ever get, if it is one that should be closed.
 * @param where what had it, and why nobody gets it
 */
export function reportDropped(loop: EventLoop, where: string, value: unknown): void {
  if (!loop.getDebug()) return
  const closer = closerOf(value)
  if (closer === undefined) return
  const message = `${where}: its value ${repr(value)} is dropped, and nothing calls its ${closer}()`
  loop.callExceptionHandler({ message })
}

function closerOf(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const disposer = disposeKeyOf(value)
  if (disposer !== undefined) return disposer === Symbol.dispose ? '[Symbol.dispose]' : '[Symbol.asyncDispose]'
  const given = value as Record<string, unknown>
  return CLOSERS.find((key) => typeof given[key] === 'function')
}

/** The key of the method by which an object is disposed of. A browser may know neither of the symbols. */
export function disposeKeyOf(value: object): typeof Symbol.asyncDispose | typeof Symbol.dispose | undefined {
  const { asyncDispose, dispose } = Symbol as { asyncDispose?: symbol; dispose?: symbol }
  const given = value as Record<PropertyKey, unknown>
  if (asyncDispose !== undefined && typeof given[asyncDispose] === 'function') return Symbol.asyncDispose
  return dispose !== undefined && typeof given[dispose] === 'function' ? Symbol.dispose : undefined
}
