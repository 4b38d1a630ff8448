import type { PlatformAbortSignal } from '@spindle/task'

/** Follows signals with one listener for each, however many calls it is for: Node warns if there are more than ten. */
export class AbortListeners {
  readonly #callbacks = new Map<PlatformAbortSignal, Set<() => void>>()

  /** Calls `callback` when `signal` aborts, which it has not yet. Returns the function that prevents it. */
  add(signal: PlatformAbortSignal, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(signal) ?? new Set()
    if (callbacks.size === 0) {
      this.#callbacks.set(signal, callbacks)
      signal.addEventListener('abort', this.#abort)
    }
    callbacks.add(callback)
    return () => {
      if (!callbacks.delete(callback) || callbacks.size > 0) return
      this.#callbacks.delete(signal)
      signal.removeEventListener('abort', this.#abort)
    }
  }

  readonly #abort = (): void => {
    for (const [{ aborted }, callbacks] of [...this.#callbacks])
      if (aborted) for (const callback of [...callbacks]) callback()
  }
}
