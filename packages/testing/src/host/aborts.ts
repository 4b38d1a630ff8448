// Aborts as a dimension of the search: of the signal that the program gets, and of each AbortController that it makes.
// A schedule aborts them before an event of the host, or between two turns of the microtask queue after it. A microtask
// that queues itself again runs once in each turn.

import type { AbortSignalLike } from 'spindle/types'
import type { Abort } from '../explore/program.ts'
import type { AbortItem } from '../schedule/schedule.ts'
import { builtin } from './node.ts'

// As they were when this module was loaded: the program has others.
const { AbortController, queueMicrotask } = globalThis

/** An AbortController, whether or not its types are known. */
interface ControllerLike {
  readonly signal: AbortSignalLike
  abort(reason?: unknown): void
}

interface Known {
  readonly controller: ControllerLike
  /** The event of the host in which it was made, and the one before which it was aborted. */
  readonly madeAt: number
  endedAt: number
}

// After so many turns in which no promise went on, an event is over.
const MAX_IDLE_TURNS = 3
const MAX_TURNS = 100
const MAX_CONTROLLERS = 50

/** The signals of one run, and what aborts them. */
export class Aborts {
  /** The aborts that were made. */
  readonly made: AbortItem[] = []
  /** For each event, the number of turns between which an abort makes a difference, if they were counted. */
  readonly turns: number[] = []
  readonly #known: Known[] = []
  readonly #items: readonly AbortItem[]
  readonly #onMade: (item: AbortItem) => void
  readonly #stopCounting: (() => void) | undefined
  #own: Known | undefined
  #event = 0
  #goneOn = 0

  /**
   * @param countsTurns whether to count the turns of the microtask queue, which is slow
   * @param onMade called for each abort that is made
   */
  constructor(items: readonly AbortItem[], countsTurns: boolean, onMade: (item: AbortItem) => void) {
    this.#items = items
    this.#onMade = onMade
    if (countsTurns)
      this.#stopCounting = builtin<Engine | undefined>('node:v8')?.promiseHooks?.onBefore(() => this.#goneOn++)
  }

  /** The signal of the program. */
  get signal(): AbortSignalLike {
    if (this.#own === undefined) {
      this.#own = { controller: new AbortController(), madeAt: 0, endedAt: Number.POSITIVE_INFINITY }
      for (const item of this.#items) if (item.which === 0 && item.step === 'host#0') this.#abort(item)
    }
    return this.#own.controller.signal
  }

  /** The program has made a controller. */
  add(controller: ControllerLike): void {
    if (this.#known.length >= MAX_CONTROLLERS) return
    this.#known.push({ controller, madeAt: this.#event, endedAt: Number.POSITIVE_INFINITY })
  }

  /** An event of the host is about to happen. Returns whether a signal is aborted now. */
  before(event: number): boolean {
    this.#event = event
    for (const [, known] of this.#numbered())
      if (known.controller.signal.aborted) known.endedAt = Math.min(known.endedAt, event)
    const before = this.made.length
    for (const item of this.#items) if (item.step === `host#${event}`) this.#abort(item)
    return this.made.length > before
  }

  /** The event begins: a signal may be aborted in one of its turns. */
  during(event: number): void {
    if (this.#stopCounting !== undefined) this.#countTurns(event)
    for (const item of this.#items) {
      const [, number, turn] = /#(\d+)\.(\d+)/.exec(item.step) ?? []
      if (Number(number) === event) inTurn(Number(turn), () => this.#abort(item))
    }
  }

  end(): void {
    this.#stopCounting?.()
  }

  /** Every moment at which a signal could have been aborted, and `which` of them. */
  moments(abort: Abort): AbortItem[] {
    const items: AbortItem[] = []
    const last = this.#event
    for (const [which, { madeAt, endedAt }] of this.#numbered()) {
      if (abort === 'none' || (abort === 'own' && which > 0)) continue
      for (let event = Math.max(1, madeAt); event <= Math.min(last, endedAt); event++) {
        const turns = event === endedAt ? 0 : (this.turns[event] ?? 0)
        for (let turn = event === madeAt && which > 0 ? 1 : 0; turn <= turns; turn++) {
          items.push({ kind: 'abort', which, step: turn === 0 ? `host#${event}` : `host#${event}.${turn}` })
        }
      }
    }
    return items
  }

  /** Earlier moments for the same abort: the first of all, for the program its beginning, and just before the event. */
  earlier({ which, step }: AbortItem): AbortItem[] {
    const madeAt = Math.max(1, this.#of(which)?.madeAt ?? 1)
    const first = which === 0 ? 'host#0' : `host#${madeAt}.1`
    const before = step.replace(/\..*/, '')
    const steps = new Set([first, before === `host#${madeAt}` && which > 0 ? first : before])
    return [...steps].filter((one) => one !== step).map((one) => ({ kind: 'abort', which, step: one }))
  }

  #abort(item: AbortItem): void {
    const known = this.#of(item.which)
    if (known === undefined || known.controller.signal.aborted) return
    this.made.push(item)
    this.#onMade(item)
    known.controller.abort()
  }

  #countTurns(event: number): void {
    let turn = 0
    let idle = 0
    let before = this.#goneOn
    const next = (): void => {
      turn++
      if (this.#goneOn === before) idle++
      else {
        idle = 0
        this.turns[event] = turn - 1
      }
      before = this.#goneOn
      if (idle < MAX_IDLE_TURNS && turn < MAX_TURNS) queueMicrotask(next)
    }
    queueMicrotask(next)
  }

  #of(which: number): Known | undefined {
    return which === 0 ? this.#own : this.#known[which - 1]
  }

  #numbered(): [which: number, known: Known][] {
    const own = this.#own === undefined ? [] : [[0, this.#own] as [number, Known]]
    return [...own, ...this.#known.map((known, n) => [n + 1, known] as [number, Known])]
  }
}

/** Calls a function in this turn of the microtask queue; 0: now. */
function inTurn(turn: number, call: () => void): void {
  if (turn === 0) call()
  else queueMicrotask(() => inTurn(turn - 1, call))
}

/** `node:v8`. */
interface Engine {
  readonly promiseHooks?: { onBefore(callback: () => void): () => void }
}
