// A worker that cannot work answers quickest, and would get most of the calls. So it leaves the line for a while,
// longer each time, and then tries one call after another until one ends well.

import type { FunctionKind } from '../calls/function-name.ts'

const FIRST_MS = 1000
const LONGEST_MS = 60_000
const FORGET = 10 // pauses: after that time, an illness is a new one

/** Its machine lacks something, and not the call. */
const LACKS = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** The code of the error of a call whose module can't be loaded on a thread. */
export const NOT_LOADED = 'ERR_SPINDLE_NOT_LOADED'

export class Condition {
  /** Why it cannot work. */
  illness: string | undefined
  readonly #limit: (slots: number) => void
  readonly #report: (message: string) => void
  #kind: FunctionKind | undefined
  #pause = 0
  #restsUntil = 0

  /**
   * @param limit sets how many calls it takes at once
   * @param report logs a message
   */
  constructor(limit: (slots: number) => void, report: (message: string) => void) {
    this.#limit = limit
    this.#report = report
  }

  /** A call has thrown. Returns whether it could not even begin, for a reason of this worker. */
  failed(kind: FunctionKind, error: unknown, message: string): boolean {
    const { code } = Object(error) as { readonly code?: unknown }
    const isNotLoaded = code === NOT_LOADED
    if (isNotLoaded || LACKS.has(code)) this.#fallIll(kind, message)
    return isNotLoaded
  }

  #fallIll(kind: FunctionKind, illness: string): void {
    const now = performance.now()
    this.#kind = kind
    if (now < this.#restsUntil) return // a call that had begun before
    const isNew = now - this.#restsUntil > FORGET * this.#pause
    this.#pause = isNew ? FIRST_MS : Math.min(2 * this.#pause, LONGEST_MS)
    this.#restsUntil = now + this.#pause
    if (illness !== this.illness) this.#report(`this worker cannot work, and takes no calls for a while: ${illness}`)
    this.illness = illness
    this.#limit(0)
    setTimeout(() => this.#limit(1), this.#pause).unref()
  }

  /** A call ended well. */
  worked(kind: FunctionKind): void {
    if (this.illness === undefined || kind !== this.#kind || performance.now() < this.#restsUntil) return
    this.illness = undefined
    this.#report('this worker can work again')
    this.#limit(Number.POSITIVE_INFINITY)
  }
}
