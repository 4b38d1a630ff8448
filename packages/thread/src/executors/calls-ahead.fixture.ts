import type { Event } from '../sync/event.ts'

/** The objects that the calls share. They come with the initializer: a call with an object is not sent ahead. */
export interface Shared {
  readonly order: Int32Array
  readonly begun: readonly Event[]
  readonly gates: readonly Event[]
}

export function share(given: Shared): void {
  shared = given
}

/** Returns how many calls have begun before it. */
export function passes(_which: number): number {
  return take()
}

/** Returns how many calls have begun before it, when its gate is open. */
export function waitsAt(gate: number): number {
  const before = take()
  shared?.begun[gate]?.set()
  shared?.gates[gate]?.wait()
  return before
}

export function opens(gate: number): void {
  shared?.gates[gate]?.set()
}

export function exits(): never {
  process.exit(3)
}

function take(): number {
  return shared === undefined ? -1 : Atomics.add(shared.order, 0, 1)
}

let shared: Shared | undefined
