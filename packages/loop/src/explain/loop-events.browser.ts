// Replaces loop-events.ts in a bundle for browsers, at a third of the size: the methods of eventemitter3 that
// `loop.events` documents, with the same behaviour.

import type { EventLoop } from '../event-loop.ts'
import { repr } from '../inspect/repr.ts'
import { EventProbe, type Heard, NOTHING_HEARD } from './event-probe.ts'
import type * as node from './loop-events.ts'

type Name = keyof node.LoopEventMap
type Listener = (...args: unknown[]) => void

interface Entry {
  readonly listener: Listener
  readonly context: unknown
  readonly isOnce: boolean
}

class SmallLoopEvents {
  readonly heard: Heard = { ...NOTHING_HEARD }
  readonly #loop: EventLoop
  // A change replaces the list, so that an event reaches the listeners that existed when it began.
  readonly #entries = new Map<Name, readonly Entry[]>()
  readonly #probe: EventProbe
  #sequence = 0

  constructor(loop: EventLoop) {
    this.#loop = loop
    this.#probe = new EventProbe(loop, this as never)
  }

  eventNames(): Name[] {
    return [...this.#entries.keys()]
  }

  listeners(name: Name): Listener[] {
    return this.#of(name).map(({ listener }) => listener)
  }

  listenerCount(name: Name): number {
    return this.#of(name).length
  }

  on(name: Name, listener: Listener, context?: unknown, isOnce = false): this {
    if (typeof listener !== 'function') throw new TypeError(`a listener must be a function, got ${repr(listener)}`)
    return this.#set(name, [...this.#of(name), { listener, context: context || this, isOnce }])
  }

  addListener(name: Name, listener: Listener, context?: unknown): this {
    return this.on(name, listener, context)
  }

  once(name: Name, listener: Listener, context?: unknown): this {
    return this.on(name, listener, context, true)
  }

  off(name: Name, listener?: Listener, context?: unknown, once?: boolean): this {
    const left = this.#of(name).filter(
      (entry) =>
        listener !== undefined &&
        (entry.listener !== listener || (once && !entry.isOnce) || (context && entry.context !== context)),
    )
    return this.#set(name, left)
  }

  removeListener(name: Name, listener?: Listener, context?: unknown, once?: boolean): this {
    return this.off(name, listener, context, once)
  }

  removeAllListeners(name?: Name): this {
    for (const one of name === undefined ? this.eventNames() : [name]) this.#set(one, [])
    return this
  }

  emit(name: Name, ...args: unknown[]): boolean {
    const entries = this.#of(name)
    for (const { listener, context, isOnce } of entries) {
      if (isOnce) this.off(name, listener, undefined, true)
      try {
        listener.apply(context, args)
      } catch (exception) {
        this.#loop.defaultExceptionHandler({ message: 'Exception in a listener of loop.events', exception })
      }
    }
    return entries.length > 0
  }

  emitEvent(name: Name, what: object): void {
    this.emit(name, Object.assign(what, { sequence: ++this.#sequence, time: this.#loop.time() }))
  }

  #of(name: Name): readonly Entry[] {
    return this.#entries.get(name) ?? []
  }

  #set(name: Name, entries: readonly Entry[]): this {
    const { heard } = this
    const isHeard = entries.length > 0
    if (isHeard) this.#entries.set(name, entries)
    else this.#entries.delete(name)
    heard[name] = isHeard
    this.#probe.listenersChanged()
    return this
  }
}

export const LoopEvents: typeof node.LoopEvents = SmallLoopEvents as never // has the documented members
