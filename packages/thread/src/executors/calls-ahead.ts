// A worker that runs a call already has its next calls, so it need not sleep between them. Calls begin in the order of
// the queue, whichever worker has them: each has a ticket, and `turn` is the ticket that may begin next.
//
//   turn 5      A runs 3, has 5       A ends 3: begins 5, turn is 6
//               B runs 4, has 6       B ends 4 before that: 6 has to wait. The pool takes 5 back from A for B
//
// A worker that begins a call passes the turn on. The pool does so for a call that it took back. See `claim.ts`.

import type { PoolCall } from './pool-call.ts'
import type { PoolWorker } from './pool-worker.ts'

/** How many calls a worker may have beyond its running call. */
export const CALLS_AHEAD = 64

/** The calls of workers that run other calls. */
export class CallsAhead {
  /** In shared memory: the ticket that may begin next. */
  readonly turn: Int32Array = new Int32Array(new SharedArrayBuffer(4))
  readonly #calls: PoolCall[] = [] // by their tickets
  #lastTicket = 0

  get size(): number {
    return this.#calls.length
  }

  /** The call that would begin last. None has a lower priority. */
  get last(): PoolCall | undefined {
    return this.#calls.at(-1)
  }

  /** The call that begins next. */
  get first(): PoolCall | undefined {
    return this.#calls[0]
  }

  add(call: PoolCall, worker: PoolWorker): void {
    call.ticket = this.#lastTicket = (this.#lastTicket + 1) | 0 || 1 // 0 is none
    worker.ahead++
    this.#calls.push(call)
    this.advance()
  }

  /** Removes a call that has begun or left its worker. Call `advance` afterwards. */
  remove(call: PoolCall): void {
    if (this.first === call) this.#calls.shift()
    else this.#calls.splice(this.#calls.indexOf(call), 1)
    if (call.worker !== undefined) call.worker.ahead--
    call.ticket = 0
  }

  /** Lets the first call begin. */
  advance(): void {
    if (this.first !== undefined) advanceTurn(this.turn, this.first.ticket)
  }
}

/** Returns whether a call with this ticket may begin. */
export function hasTurn(turn: Int32Array, ticket: number): boolean {
  return ((Atomics.load(turn, 0) - ticket) | 0) >= 0
}

/** Lets the call with this ticket begin, and all before it. */
export function advanceTurn(turn: Int32Array, ticket: number): void {
  for (let seen = Atomics.load(turn, 0); ((ticket - seen) | 0) > 0; seen = Atomics.load(turn, 0))
    Atomics.compareExchange(turn, 0, seen, ticket)
}
