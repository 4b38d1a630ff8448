// A signal often lives as long as the program: our listener is taken off again when nobody waits any more, on every way
// out.

import { ExceptionGroup } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'

/** What we need of an AbortSignal. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Cancels a Task when a signal aborts, until what this gives is called. */
export function linkToSignal(task: Task, signal: AbortSignalLike): () => void {
  checkSignal(signal)
  return onAbort(signal, () => task.requestCancel({ by: 'AbortSignal', message: describeReason(signal) }))
}

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
 * What is to be done when a signal aborts, in the order in which it was asked for. One listener serves all: an
 * EventTarget looks at each one it has before it adds another, which makes a hundred thousand take minutes.
 */
class AbortListeners {
  readonly #signal: AbortSignalLike
  readonly #acts = new Set<() => void>()
  readonly #listener = (): void => this.#aborted()

  constructor(signal: AbortSignalLike) {
    this.#signal = signal
    abortListeners.set(signal, this)
  }

  /** @param act a function of its own for each that waits */
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
        errors.push(error) // as with a listener for each, the others are told all the same
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ExceptionGroup('an AbortSignal', errors)
  }
}

export function checkSignal(signal: unknown): void {
  const given = signal as AbortSignalLike | null | undefined
  if (typeof given?.aborted === 'boolean' && typeof given.addEventListener === 'function') return
  throw new TypeError(`an AbortSignal was expected, got ${repr(signal)}`)
}

export function describeReason(signal: AbortSignalLike): string {
  const reason = signal.reason instanceof Error ? signal.reason.message : signal.reason
  return typeof reason === 'string' ? reason : repr(reason)
}
