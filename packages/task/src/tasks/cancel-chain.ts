// Cancelling a Task cancels its awaitable. If that is a Task as well, the request travels down a chain:
//
//   cancel() ──▶ Task a ──waits for──▶ Task b ──waits for──▶ Future
//
// Each link takes a few frames of the JavaScript stack. If a chain is too long for the stack, the rest waits in
// `deferred` until the outermost request returns.
//
// Tasks that wait for each other in a circle would pass a request on forever. A circle shorter than
// MAX_REQUESTS_ON_STACK is found by looking at the Tasks on the stack, a longer one by Brent's algorithm: a mark that
// moves after 1, 2, 4, … such stretches.

import type { Future } from '@spindle/loop'
import type { Task } from './task.ts'

const MAX_REQUESTS_ON_STACK = 200

interface DeferredRequest {
  readonly task: Task
  readonly via: Task
  readonly message: string | undefined
  /** The number of stretches of the chain before this one. */
  readonly stretches: number
  /** A Task further up the chain. */
  readonly mark: Task
}

// The Tasks whose request is being propagated, outermost first.
const passing: Task[] = []
const deferred: DeferredRequest[] = []
// The stretch of a long chain that is on the stack.
let stretch: DeferredRequest | undefined

export const cancelChain = {
  /** The Task whose request is being propagated to another. Not a getter: one of an object literal is not inlined. */
  via(): Task | undefined {
    return passing[passing.length - 1]
  },

  /** Passes the request of `task` on to its awaitable. @returns whether the awaitable accepted it */
  passOn(task: Task, waiter: Future, message: string | undefined): boolean {
    passing.push(task)
    try {
      return waiter.cancel(message)
    } finally {
      passing.pop()
      if (passing.length === 0 && deferred.length > 0) passDeferred()
    }
  },

  /** Whether `task` passes on the very request that reaches it now: Tasks wait for each other in a circle. */
  isCircular(task: Task): boolean {
    return passing.length > 0 && (task === stretch?.mark || passing.includes(task))
  },

  /**
   * Whether the chain is too long for the stack. Then the request reaches `task` later, before the outermost `cancel()`
   * returns.
   */
  defer(task: Task, message: string | undefined): boolean {
    if (passing.length < MAX_REQUESTS_ON_STACK || task.done()) return false
    const via = passing[passing.length - 1] as Task
    const { stretches = 0, mark = via } = stretch ?? {}
    const isPowerOfTwo = (stretches & (stretches - 1)) === 0
    deferred.push({ task, via, message, stretches: stretches + 1, mark: isPowerOfTwo ? via : mark })
    return true
  },
}

function passDeferred(): void {
  try {
    for (const request of deferred) {
      passing.push(request.via) // the rest comes from inside another request
      stretch = request
      request.task.requestCancel({ message: request.message })
      passing.pop()
    }
  } finally {
    passing.length = 0
    deferred.length = 0
    stretch = undefined
  }
}
