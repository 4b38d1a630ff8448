// The cancellation requests of a Task. The state is created with the first request, because most Tasks never receive
// one, and also stores the other rare field: the error of an await that fails.
//
// An `uncancellable()` block holds back requests that come from outside it. A scope that cancels its own Task (timeout,
// taskGroup) has a level: how many such blocks were active when it was entered.
//
//      level 0         1               2
//        │ cancel()    │ timeout       │ timeout      a request from level n is held back by block n + 1, if that is
//        │          block 1         block 2           active, and delivered when it ends

import type { CancelRequest, Future } from '@spindle/loop'

// The retracted requests, each with the request that counts in its place.
const retracted = new WeakMap<CancelRequest, CancelRequest | undefined>()

/** Retracts the request of a scope: the previous request is the latest again. */
export function retract(request: CancelRequest, before: CancelRequest | undefined): void {
  retracted.set(request, before)
}

export class CancelState {
  /** How many requests were made and not retracted. */
  requests = 0
  request: CancelRequest | undefined = undefined
  /** The request as the awaited Task gets it. */
  passedOn: CancelRequest | undefined = undefined
  /** The Future that the Task awaited when the latest request arrived. */
  awaited: Future | undefined = undefined
  /** Whether the resulting CancelledErrors contain the place of the wait; undefined: if they may leave a run. */
  traced: boolean | undefined = undefined
  /** The error that the next step throws for a yielded value that is not awaitable. */
  awaitError: Error | undefined = undefined
  /** The message of the CancelledError that the next step throws. */
  message: string | undefined = undefined
  uncancellable: UncancellableBlock | undefined = undefined
  /** The innermost block that hears of requests as they come. */
  told: ToldBlock | undefined = undefined

  holdBack(level: number, message: string | undefined): boolean {
    let outermost: UncancellableBlock | undefined
    for (let block = this.uncancellable; block !== undefined && block.level > level; block = block.outer)
      outermost = block
    outermost?.holdBack(message)
    return outermost !== undefined
  }

  get latest(): CancelRequest | undefined {
    while (this.request !== undefined && retracted.has(this.request)) this.request = retracted.get(this.request)
    return this.request
  }

  get heldBack(): number {
    let count = 0
    for (let block = this.uncancellable; block !== undefined; block = block.outer) count += block.heldBack
    return count
  }
}

/** A block that hears of a request when it comes, rather than by the CancelledError of its next wait. */
export interface ToldBlock {
  readonly outer: ToldBlock | undefined
  tell(): void
}

export class UncancellableBlock {
  readonly outer: UncancellableBlock | undefined
  /** How many such blocks are active, this one included. */
  readonly level: number
  heldBack = 0
  message: string | undefined = undefined

  constructor(outer: UncancellableBlock | undefined) {
    this.outer = outer
    this.level = (outer?.level ?? 0) + 1
  }

  holdBack(message: string | undefined): void {
    this.heldBack++
    this.message = message
  }
}
