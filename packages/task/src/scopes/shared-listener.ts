// All coroutines that wait for one event share one listener. Node warns about a leak above ten listeners of an emitter,
// and an EventTarget compares each new listener with all others: adding a hundred thousand takes minutes.

import { ExceptionGroup } from '@spindle/loop'

/** An emitter that calls listeners: Node's EventEmitter, eventemitter3, and any object with these two methods. */
export interface EmitterLike {
  on(name: never, listener: never): unknown
  off(name: never, listener: never): unknown
}

/** An event target of the web: an AbortSignal, a WebSocket, a MessagePort, any EventTarget. */
export interface EventTargetLike {
  addEventListener(name: never, listener: never): unknown
  removeEventListener(name: never, listener: never): unknown
}

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
    const errors: unknown[] = []
    // A copy: a coroutine that is resumed here and waits again waits for the next event.
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) listener(...args)
      } catch (error) {
        errors.push(error) // the others are called even so, like separate listeners
      }
    }
    if (errors.length > 0)
      throw errors.length === 1 ? errors[0] : new ExceptionGroup(`event '${String(this.#name)}'`, errors)
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
