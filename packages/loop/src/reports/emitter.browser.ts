// Stands for emitter.ts in a bundle for browsers, at a quarter of the size: what `loop.events` has of eventemitter3,
// and does as it does.

import type { EventEmitter as EventEmitter3 } from 'eventemitter3'

type Name = string | symbol
type Listener = (...args: unknown[]) => void

interface Entry {
  readonly listener: Listener
  readonly context: unknown
  readonly isOnce: boolean
}

class SmallEmitter {
  // A list is replaced when it changes, so that an event goes to those who listened when it began.
  readonly #entries = new Map<Name, readonly Entry[]>()

  eventNames(): Name[] {
    return [...this.#entries.keys()]
  }

  listeners(name: Name): Listener[] {
    return this.#of(name).map(({ listener }) => listener)
  }

  listenerCount(name: Name): number {
    return this.#of(name).length
  }

  emit(name: Name, ...args: unknown[]): boolean {
    const entries = this.#of(name)
    for (const { listener, context, isOnce } of entries) {
      if (isOnce) this.removeListener(name, listener, undefined, true)
      listener.apply(context, args)
    }
    return entries.length > 0
  }

  on(name: Name, listener: Listener, context?: unknown): this {
    return this.#add(name, { listener, context: context || this, isOnce: false })
  }

  once(name: Name, listener: Listener, context?: unknown): this {
    return this.#add(name, { listener, context: context || this, isOnce: true })
  }

  off(name: Name, listener?: Listener, context?: unknown, once?: boolean): this {
    const left = this.#of(name).filter(
      (entry) =>
        listener !== undefined &&
        (entry.listener !== listener || (once && !entry.isOnce) || (context && entry.context !== context)),
    )
    return this.#set(name, left)
  }

  addListener(name: Name, listener: Listener, context?: unknown): this {
    return this.on(name, listener, context)
  }

  removeListener(name: Name, listener?: Listener, context?: unknown, once?: boolean): this {
    return this.off(name, listener, context, once)
  }

  removeAllListeners(name?: Name): this {
    if (name === undefined) this.#entries.clear()
    else this.#entries.delete(name)
    return this
  }

  #of(name: Name): readonly Entry[] {
    return this.#entries.get(name) ?? []
  }

  #add(name: Name, entry: Entry): this {
    return this.#set(name, [...this.#of(name), entry])
  }

  #set(name: Name, entries: readonly Entry[]): this {
    if (entries.length > 0) this.#entries.set(name, entries)
    else this.#entries.delete(name)
    return this
  }
}

export const EventEmitter: typeof EventEmitter3 = SmallEmitter as never // its members are those that are used here
