import type { PlatformAbortSignal } from '@spindle/task'

/** Follows signals with one listener for each, however many calls it is for: Node warns if there are more than ten. */
export class AbortListeners {
  readonly #followed = new Map<
    PlatformAbortSignal,
    { readonly callbacks: Set<() => void>; readonly stop: () => void }
  >()

  /** Calls `callback` when `signal` aborts, which it has not yet. Returns the function that prevents it. */
  add(signal: PlatformAbortSignal, callback: () => void): () => void {
    const { callbacks, stop } = this.#followed.get(signal) ?? this.#follow(signal)
    callbacks.add(callback)
    return () => {
      if (callbacks.delete(callback) && callbacks.size === 0) stop()
    }
  }

  #follow(signal: PlatformAbortSignal): { readonly callbacks: Set<() => void>; readonly stop: () => void } {
    const callbacks = new Set<() => void>()
    const listener = (): void => {
      for (const callback of [...callbacks]) callback()
    }
    const stop = (): void => {
      this.#followed.delete(signal)
      signal.removeEventListener('abort', listener)
    }
    const followed = { callbacks, stop }
    this.#followed.set(signal, followed)
    signal.addEventListener('abort', listener)
    return followed
  }
}
