// A signal often lives as long as the program: the listener is removed when nothing waits any more, on every path.

import { ExceptionGroup } from '@spindle/loop'
import type { AbortSignalLike } from './link-to-signal.ts'

/** Calls `act` when the signal aborts, at once if it has. Returns a function that removes the listener. */
export function onAbort(signal: AbortSignalLike, act: () => void): () => void {
  if (signal.aborted) {
    act()
    return () => {}
  }
  const waiting = abortListeners.get(signal) ?? new AbortListeners(signal)
  waiting.add(act)
  return () => waiting.remove(act)
}

const abortListeners = new WeakMap<AbortSignalLike, AbortListeners>()

/**
 * The functions to call when a signal aborts, in order of registration. One listener serves all: an EventTarget
 * compares each new listener with all others, so adding a hundred thousand takes minutes.
 */
class AbortListeners {
  readonly #signal: AbortSignalLike
  readonly #acts = new Set<() => void>()
  readonly #listener = (): void => this.#aborted()

  constructor(signal: AbortSignalLike) {
    this.#signal = signal
    abortListeners.set(signal, this)
  }

  /** @param act a different function for each waiter */
  add(act: () => void): void {
    if (this.#acts.size === 0) this.#signal.addEventListener('abort', this.#listener)
    this.#acts.add(act)
  }

  remove(act: () => void): void {
    if (this.#acts.delete(act) && this.#acts.size === 0) this.#signal.removeEventListener('abort', this.#listener)
  }

  #aborted(): void {
    const errors: unknown[] = []
    for (const act of this.#acts) {
      this.remove(act)
      try {
        act()
      } catch (error) {
        errors.push(error) // the others are called even so, like separate listeners
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ExceptionGroup('an AbortSignal', errors)
  }
}
