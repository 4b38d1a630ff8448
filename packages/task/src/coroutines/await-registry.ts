// Owns what is known about awaiting: objects that must be awaited, and bare coroutines that were.
//
//   made ──▶ has an entry ──▶ awaited: the entry is dismissed
//                 └── collected, or the loop closes, or the program ends: reported
//
// never-awaited.ts makes entries for coroutines of `coroutine()`; unawaited.ts, in debug mode, for other awaitables.

import { type Coroutine, type EventLoop, RuntimeError } from '@spindle/loop'
import { generatorLocation, hostProcess, printable } from '@spindle/loop/internal'

const entries = new WeakMap<object, Entry>()
const madeOutside = new Set<Entry>()
const collected = /* @__PURE__ */ new FinalizationRegistry<Entry>((entry) => entry.report())

/** Calls `report`, which must not refer to `object`, if the object is never awaited. */
export function expectAwait(object: object, loop: EventLoop | undefined, report: () => void): void {
  const entry = new Entry(loop?.unretrieved ?? madeOutside, report)
  entries.set(object, entry)
  collected.register(object, entry, entry)
}

export function dismissAwaited(object: object): void {
  entries.get(object)?.dismiss()
}

/** Calls `flush` when the program ends, and reports the objects made outside of loops. */
export function reportAtExit(flush: () => void): void {
  hostProcess()?.once('exit', () => {
    flush()
    for (const entry of madeOutside) entry.report()
  })
}

class Entry {
  readonly #pending: Set<Entry> | EventLoop['unretrieved']
  readonly #report: () => void

  constructor(pending: Set<Entry> | EventLoop['unretrieved'], report: () => void) {
    this.#pending = pending
    this.#report = report
    pending.add(this)
  }

  dismiss(): void {
    collected.unregister(this)
    this.#pending.delete(this)
  }

  report(): void {
    this.dismiss()
    this.#report()
  }
}

// Marks a bare coroutine that a block has returned, or that has ended in a Task: awaited again, it would return
// undefined. (To add it to a WeakSet would take three times as long as a whole Task.)
const AWAITED: unique symbol = Symbol('awaited')

interface Marked {
  [AWAITED]?: true
}

export function wasAwaited(coroutine: Coroutine<unknown>): boolean {
  return (coroutine as Marked)[AWAITED] === true
}

export function noteAwaited(coroutine: Coroutine<unknown>): void {
  try {
    ;(coroutine as Marked)[AWAITED] = true
  } catch {} // it is frozen
}

/** @throws RuntimeError if it was awaited before */
export function checkNotAwaited(coroutine: Coroutine<unknown>): void {
  if (wasAwaited(coroutine)) throw reuseError(coroutine)
}

/** @throws RuntimeError if it was awaited before */
export function noteFirstAwait(coroutine: Coroutine<unknown>): void {
  checkNotAwaited(coroutine)
  noteAwaited(coroutine)
}

export function reuseError(coroutine: Coroutine<unknown>): RuntimeError {
  const name = printable(generatorLocation(coroutine)?.name || '<anonymous>')
  return new RuntimeError(`cannot reuse already awaited coroutine <coroutine object ${name}>`)
}
