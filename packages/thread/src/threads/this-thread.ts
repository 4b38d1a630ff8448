// The Thread of this worker, before anything needs the class: that would load a third of the package.

import type { Packed } from '../transport/serialize.ts'

/** This worker was started as a Thread. `threads` holds `[thread, mainThread]`. */
export function setStart(name: string, threads: Packed): void {
  named = { name }
  start = threads
}

/** Returns `[thread, mainThread]` once; undefined on other threads. */
export function takeStart(): Packed | undefined {
  const threads = start
  start = undefined
  return threads
}

/** From now on the name is that of the Thread. */
export function setNamed(thread: { readonly name: string }): void {
  named = thread
}

export function threadName(): string {
  return named.name
}

let named: { readonly name: string } = { name: '' }
let start: Packed | undefined
