// Runs an explored loop until something is done. Either the loop blocks the thread, or the simulated host drives it:
// then promises settle as well.

import { type Awaitable, DeadlockError, type EventLoop } from 'spindle'
import { deadlockError } from 'spindle/internal'
import type { SimulatedHost } from './simulated-host.ts'

/** Runs the loop until the awaitable is done, and returns its result. */
export function settle<T>(loop: EventLoop, host: SimulatedHost | undefined, awaitable: Awaitable<T>): T {
  if (host === undefined) return loop.runUntilCompleteSync(awaitable)
  return settlePromise(host, loop.runUntilComplete(awaitable), () => {
    const error = deadlockError(loop)
    loop.stop()
    host.drain()
    return error
  })
}

/**
 * Runs the events of the host until the promise is settled, and returns its result.
 * @param onStuck returns the error if no event is left
 */
export function settlePromise<T>(host: SimulatedHost, promise: Promise<T>, onStuck: () => Error): T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  promise.then(
    (value) => {
      outcome = { value }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  for (;;) {
    host.drain()
    const settled = outcome as typeof outcome // assigned by the callbacks above
    if (settled !== undefined) {
      if ('error' in settled) throw settled.error
      return settled.value
    }
    if (!host.next()) throw withReal(onStuck(), host)
  }
}

/** A wait for something real never ends in a run. */
function withReal(error: Error, host: SimulatedHost): Error {
  const real = host.realThings()
  if (real.length === 0) return error
  const message =
    `the program waits for something that a schedule cannot control: ${real.join(', ')}. ` +
    'Put something in its place: simulate.call() or simulate.network() of @spindle/testing/simulate'
  return Object.assign(new DeadlockError(`${message}\n${error.message}`), { cause: error })
}

/** Runs at most this many further events of the host. */
export function runEvents(host: SimulatedHost, limit: number): void {
  host.drain()
  for (let n = 0; n < limit && host.next(false); n++) host.drain()
}
