// A signal often lives as long as the program: the listener is removed when nothing waits any more, on every path.

import { repr } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'
import { throwTogether } from './throw-together.ts'

/** The part of an AbortSignal that is used here. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Cancels a Task when a signal aborts, until the returned function is called. */
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
 * What to do when a signal aborts, in order of registration. One listener serves all: an EventTarget compares each
 * listener it has before it adds another, so adding a hundred thousand takes minutes.
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
        errors.push(error) // the others are called all the same, as separate listeners would be
      }
    }
    throwTogether('an AbortSignal', errors)
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
