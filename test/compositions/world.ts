// What a program of a composition takes from outside, and what became of it: the ledger that decides whether the
// program was treated rightly.

import { type Coroutine, currentTask, type EventLoop, newEventLoop, run } from 'spindle'
import { isCoroutine, isFuture } from 'spindle/more'
import type { RunOptions } from 'spindle/types'

/** How something behaves that a program takes: `payment` cannot be undone, so whoever asked for it must hear of it. */
export type Kind = 'handle' | 'disposable' | 'payment'

/** Something that was opened outside of the program, and must be closed once. */
export class Thing {
  readonly #world: World
  readonly kind: Kind
  /** Whether it exists: a payment in a transaction does only after the commit. */
  happened: boolean
  /** Whether the program has got hold of it. */
  isReceived = false
  closes = 0

  constructor(world: World, kind: Kind, happened = true) {
    this.#world = world
    this.kind = kind
    this.happened = happened
    world.things.push(this)
    if (kind !== 'disposable') return
    Object.defineProperty(this, Symbol.dispose, {
      value: () => world.fault('something foreign was disposed of unasked'),
    })
  }

  close(): void {
    if (++this.closes > 1) this.#world.fault('something was closed twice')
  }
}

/** Whatever a source has to say about itself when all is over. */
export interface Ledger {
  /** What is wrong with it, if something is. */
  check(): string | undefined
}

export class World {
  readonly faults: string[] = []
  readonly things: Thing[] = []
  readonly ledgers: Ledger[] = []
  readonly loop: EventLoop
  /** The moments at which the program is stopped. */
  readonly #stops: readonly number[]
  /** Stops the program; returns whether the request was accepted. Set by the owner. */
  stop: (() => boolean) | undefined
  /** How many moments there were at which it could have been stopped. */
  moments = 0
  /** How many requests to stop it has accepted. */
  requests = 0
  /** When it was first stopped, on the loop's clock. */
  stoppedAt: number | undefined
  /** How many works have begun, and not ended. */
  running = 0
  /** Whether the request does not reach all parts of the program, or not at once. */
  shelters = false
  putsOff = false
  /** Whether a source refuses, which is reported if nobody waits for it any more. */
  mayRefuse = false
  isOver = false

  constructor(loop: EventLoop, stops: readonly number[]) {
    this.loop = loop
    this.#stops = stops
  }

  fault(what: string): void {
    if (!this.faults.includes(what)) this.faults.push(what)
  }

  /** A moment at which the program may be stopped: between two steps, while nothing is ready, around each settling. */
  moment(): void {
    if (this.stop === undefined || this.isOver) return
    const at = this.moments++
    for (const stop of this.#stops) {
      if (stop !== at || !this.stop()) continue
      this.requests++
      this.stoppedAt ??= this.loop.time()
    }
  }

  /** Work begins. The returned function is called at its end. */
  begin(what: string): () => void {
    this.checkMayBegin(what)
    this.running++
    let hasEnded = false
    return () => {
      if (!hasEnded) this.running--
      hasEnded = true
    }
  }

  /** Nothing begins in a Task that was asked to stop, or once the request has had time to reach all Tasks. */
  checkMayBegin(what: string): void {
    if (this.shelters || this.stoppedAt === undefined) return
    const isAsked = (currentTask()?.cancelling() ?? 0) > 0
    if (isAsked || (!this.putsOff && this.loop.time() > this.stoppedAt)) this.fault(`${what} begins after the stop`)
  }

  /** Calls a function between two moments: now, a few microtasks later, or after some ms. */
  at(when: When, fn: () => void): void {
    const call = (): void => {
      this.moment()
      fn()
      this.moment()
    }
    if (when === 'now') fn()
    else if (when === 'soon') Promise.resolve().then().then(call)
    else this.loop.callLater(when, fn) // each entry of the loop is between two moments
  }

  /** Runs something in a loop of its own, whose reports count. */
  run(program: () => Coroutine<unknown>, options: RunOptions = {}): Promise<unknown> {
    const loopFactory = (): EventLoop => {
      const loop = newEventLoop({ clock: this.loop.clock })
      this.watch(loop)
      return loop
    }
    return run(program, { ...options, loopFactory, interrupt: false })
  }

  watch(loop: EventLoop): void {
    loop.setExceptionHandler((_loop, { message, exception }) => {
      if (/shutdown$/.test(message)) return // it has failed, and nobody awaits it
      if (this.mayRefuse && message.startsWith('a loser of')) return
      this.fault(`reported: ${message} ${exception ?? ''}`)
    })
  }

  /** The program has got hold of a value, and of all that is in it. */
  receive(value: unknown): void {
    for (const one of parts(value)) if (one instanceof Thing) one.isReceived = true
  }

  /** The program, or a `release`, closes a value, and all that is in it. */
  close(value: unknown): void {
    for (const one of parts(value)) {
      if (one instanceof Thing) one.close()
      else (one as Partial<Disposable>)[Symbol.dispose]?.()
    }
  }
}

/** When a source settles: before it is asked, a few microtasks later, or after some ms. */
export type When = 'now' | 'soon' | number

function parts(value: unknown): object[] {
  if (typeof value !== 'object' || value === null || isFuture(value) || isCoroutine(value)) return []
  return Array.isArray(value) ? value.flatMap(parts) : [value]
}
