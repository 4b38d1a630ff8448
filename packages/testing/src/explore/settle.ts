// Runs an explored loop until something is done. Either the loop blocks the thread, or the simulated host drives it:
// then promises settle as well.

import { type Awaitable, DeadlockError, type EventLoop } from 'spindle'
import { deadlockError } from 'spindle/internal'
import type { SimulatedHost } from './simulated-host.ts'

/** Runs the loop until the awaitable is done, and returns its result. */
export function settle<T>(loop: EventLoop, host: SimulatedHost | undefined, awaitable: Awaitable<T>): T {
  if (host === undefined) return loop.runUntilCompleteSync(awaitable)
  return settlePromise(host, loop.runUntilComplete(awaitable), () => {
    const error = explained(deadlockError(loop), host, loop.tasks.size)
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
    if (!host.next()) throw onStuck()
  }
}

/** Adds to the message where the program awaits promises, and which real things have not answered. */
function explained(error: Error, { waits }: SimulatedHost, tasks: number): Error {
  const { real, awaits } = waits ?? { real: [], awaits: [] }
  if (real.length === 0 && awaits.length === 0) return error
  const what = real.length > 0 ? describeReal(real) : 'the program waits, and nothing is left that could wake it.'
  const where = awaits.length === 0 ? '' : ` It awaits:${inLines(awaits)}`
  const others = tasks > 1 || awaits.length === 0 ? `\n${error.message}` : ''
  return Object.assign(new DeadlockError(what + where + others), { cause: error })
}

/** What an error says if a program uses something real. */
export function describeReal(real: readonly string[]): string {
  return (
    `the program waits for something that a schedule cannot control:${inLines(real)}\n` +
    'Put something in its place: simulate.call() or simulate.network() of @spindle/testing/simulate.'
  )
}

function inLines(all: readonly string[]): string {
  return all.map((one) => `\n  ${one}`).join('')
}

/** Runs at most this many further events of the host. */
export function runEvents(host: SimulatedHost, limit: number): void {
  host.drain()
  for (let n = 0; n < limit && host.next(false); n++) host.drain()
}
