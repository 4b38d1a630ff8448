// Cancelling a Task cancels what it waits for. Where that is a Task as well, the request goes down a chain:
//
//   cancel() ──▶ Task a ──waits for──▶ Task b ──waits for──▶ Future
//
// Each link takes a few frames of the JavaScript stack. Where a chain is too long for it, the rest waits in `deferred`
// until the outermost request is back.

import type { Future } from '@spindle/loop'
import type { Task } from './task.ts'

const MAX_DEPTH = 200

// The Task whose request is being propagated, and how many links of the chain are on the stack.
let passing: Task | undefined
let depth = 0
const deferred: { task: Task; via: Task | undefined; message: string | undefined }[] = []

export const cancelChain = {
  /** The Task whose request is being propagated to another. */
  get via(): Task | undefined {
    return passing
  },

  /** Passes the request of `task` on to what it waits for. @returns whether that accepted it */
  pass(task: Task, waiter: Future, message: string | undefined): boolean {
    const outer = passing
    passing = task
    depth++
    try {
      return waiter.cancel(message)
    } finally {
      depth--
      if (depth === 0 && deferred.length > 0) passDeferred()
      passing = outer
    }
  },

  /**
   * Whether the chain is too long for the stack. Then the request reaches `task` later, before the outermost `cancel()`
   * returns.
   */
  defer(task: Task, message: string | undefined): boolean {
    if (depth < MAX_DEPTH || task.done()) return false
    deferred.push({ task, via: passing, message })
    return true
  },
}

function passDeferred(): void {
  depth = 1 // they come from inside another request
  try {
    for (const { task, via, message } of deferred) {
      passing = via
      task.requestCancel({ message })
    }
  } finally {
    depth = 0
    deferred.length = 0
  }
}
