// Runs an explored loop until something is done. The simulated host drives it, so promises settle as well.

import { DeadlockError, type EventLoop } from 'spindle'
import { type AwaitableSource, deadlockError, HostDriver, UntilComplete } from 'spindle/internal'
import { isNode } from '../host/node.ts'
import { IMPORTED, KEPT } from '../host/open-waits.ts'
import type { SimulatedHost } from '../host/simulated-host.ts'

/** Runs the loop until the awaitable is done, and returns its result. */
export function settle<T>(host: SimulatedHost, loop: EventLoop, awaitable: AwaitableSource<T>): T {
  const main = new UntilComplete(loop, awaitable)
  let ended: { readonly error?: unknown } | undefined
  const end = (...failure: [error?: unknown]): void => {
    ended = failure.length > 0 ? { error: failure[0] } : {}
  }
  loop.driver = new HostDriver(loop, () => end(), end)
  let stuck: DeadlockError | undefined
  for (host.drain(); ended === undefined; host.drain()) {
    if (host.next()) continue
    stuck = explained(deadlockError(loop), host, loop.tasks.size)
    loop.driver?.end()
  }
  main.detach()
  if (stuck !== undefined) throw stuck
  if (!('error' in ended)) return main.result()
  main.markRetrieved(ended.error)
  throw ended.error
}

/** Adds to the message where the program awaits promises, and which real things have not answered. */
function explained(error: DeadlockError, { waits }: SimulatedHost, tasks: number): DeadlockError {
  const { real, awaits } = waits ?? { real: [], awaits: [] }
  if (!isNode()) error.message += '\nOnly on Node do promises settle in a program that is explored.'
  if (real.length === 0 && awaits.length === 0) return error
  const what = real.length > 0 ? describeReal(real) : 'the program waits, and nothing is left that could wake it.'
  const where = awaits.length === 0 ? '' : ` It awaits:${inLines(awaits)}`
  const others = tasks > 1 || awaits.length === 0 ? `\n${error.message}` : ''
  return new DeadlockError(what + where + others)
}

/** What an error says if a program uses something real. */
export function describeReal(real: readonly string[]): string {
  const isAny = (...beginnings: readonly string[]): boolean =>
    real.some((one) => beginnings.some((beginning) => one.startsWith(beginning)))
  const remedy = isAny(IMPORTED) ? BE_LOADED : isAny(...KEPT.values()) ? BE_GLOBAL : BE_SIMULATED
  return `the program waits for something that a schedule cannot control:${inLines(real)}\n${remedy}`
}

const BE_LOADED =
  'Load the module before: import it at the beginning of the file, or await its import() before explore().'
const BE_GLOBAL =
  'A module has kept setTimeout() or the like from before explore() replaced it: call it as a global, or as a method ' +
  "of the module (`import timers from 'node:timers/promises'`); or load @spindle/testing/host before that module, in " +
  '`setupFiles` of Vitest or Jest, or with `node --import`. In vmThreads, node:timers/promises needs the method.'
const BE_SIMULATED = 'Put something in its place: simulate.call() or simulate.network() of @spindle/testing/simulate.'

function inLines(all: readonly string[]): string {
  return all.map((one) => `\n  ${one}`).join('')
}
