// Who waits for one Future, when they are more than one. Removing is by callback, as in asyncio; a hundred thousand who
// come and go must not cost a search each, so a long list keeps the places of its callbacks, from the first removal on.

import { type Callback, Handle } from './handle.ts'
import type { Ready } from './ready-queue.ts'

const LONG = 32

export class CallbackList {
  // undefined: removed
  #entries: (Ready | undefined)[]
  #live: number
  #places: Map<Callback, number[]> | undefined

  constructor(first: Ready, second: Ready) {
    this.#entries = [first, second]
    this.#live = 2
    this.#places = undefined
  }

  add(ready: Ready): void {
    if (this.#places !== undefined) this.#note(ready, this.#entries.length)
    this.#entries.push(ready)
    this.#live++
  }

  all(): readonly Ready[] {
    if (this.#live < this.#entries.length) this.#compact()
    return this.#entries as readonly Ready[]
  }

  remove(callback: Callback): number {
    const before = this.#live
    if (this.#entries.length <= LONG) {
      this.#entries = this.#entries.filter((ready) => !(ready instanceof Handle && ready.calls(callback)))
      this.#live = this.#entries.length
      return before - this.#live
    }
    this.#places ??= this.#findPlaces()
    for (const place of this.#places.get(callback) ?? []) {
      this.#entries[place] = undefined
      this.#live--
    }
    this.#places.delete(callback)
    if (this.#live * 2 < this.#entries.length) this.#compact()
    return before - this.#live
  }

  #findPlaces(): Map<Callback, number[]> {
    this.#places = new Map()
    for (const [place, ready] of this.#entries.entries()) if (ready !== undefined) this.#note(ready, place)
    return this.#places
  }

  #note(ready: Ready, place: number): void {
    const callback = ready instanceof Handle ? ready.getCallback() : undefined
    if (callback === undefined) return
    const places = this.#places?.get(callback)
    if (places === undefined) this.#places?.set(callback, [place])
    else places.push(place)
  }

  #compact(): void {
    this.#entries = this.#entries.filter((ready) => ready !== undefined)
    this.#places = undefined
  }
}
