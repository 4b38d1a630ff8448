// All coroutines that wait for one event of an emitter share one listener: Node warns about a leak above ten.

import type { EmitterLike, EventTargetLike } from './events.ts'

export type Listener = (...args: unknown[]) => void

// The shared listeners of each emitter, by the names of the events, while a coroutine waits.
const shared = new WeakMap<object, Map<string | symbol, SharedListener>>()

/** Calls `listener` with each event of the name. @returns a function that stops it */
export function listen(emitter: EmitterLike | EventTargetLike, name: string | symbol, listener: Listener): () => void {
  const ofEmitter = shared.get(emitter) ?? new Map<string | symbol, SharedListener>()
  const one = ofEmitter.get(name) ?? new SharedListener(emitter, name)
  shared.set(emitter, ofEmitter.set(name, one))
  one.add(listener)
  return () => {
    if (one.remove(listener)) ofEmitter.delete(name)
  }
}

class SharedListener {
  readonly #emitter: EmitterLike | EventTargetLike
  readonly #name: never // the emitter decides which names exist
  readonly #listeners = new Set<Listener>()
  readonly #emitted = (...args: unknown[]): void => {
    // A copy: a coroutine that is resumed here and waits again waits for the next event.
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(...args)
  }

  constructor(emitter: EmitterLike | EventTargetLike, name: string | symbol) {
    this.#emitter = emitter
    this.#name = name as never
  }

  add(listener: Listener): void {
    if (this.#listeners.size === 0 || this.#wasRemoved()) {
      if (isEmitter(this.#emitter)) this.#emitter.on(this.#name, this.#emitted as never)
      else this.#emitter.addEventListener(this.#name, this.#emitted as never)
    }
    this.#listeners.add(listener)
  }

  /** @returns whether it was the last listener */
  remove(listener: Listener): boolean {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return false
    if (isEmitter(this.#emitter)) this.#emitter.off(this.#name, this.#emitted as never)
    else this.#emitter.removeEventListener(this.#name, this.#emitted as never)
    return true
  }

  /** Whether other code has removed the listener, by `removeAllListeners()`. */
  #wasRemoved(): boolean {
    const { listeners } = this.#emitter as { listeners?(name: never): unknown }
    const all = typeof listeners === 'function' ? listeners.call(this.#emitter, this.#name) : undefined
    return Array.isArray(all) && !all.includes(this.#emitted)
  }
}

export function isEmitter(emitter: object): emitter is EmitterLike {
  const { on, off } = emitter as Partial<EmitterLike>
  return typeof on === 'function' && typeof off === 'function'
}
