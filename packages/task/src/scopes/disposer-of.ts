import { disposeKeyOf, repr } from '@spindle/loop/internal'

/**
 * The function that closes a disposable.
 * @throws TypeError with the complaint, if it is not one
 */
export function disposerOf(given: unknown, complaint: string): () => unknown {
  const isObject = (typeof given === 'object' && given !== null) || typeof given === 'function'
  const key = isObject ? disposeKeyOf(given) : undefined
  if (key === undefined) throw new TypeError(`${complaint}, got ${repr(given)}`)
  return () => (given as AsyncDisposable & Disposable)[key]()
}
