// What a worker knows of its own Thread before anything asks for that: few calls do, and the class Thread brings along
// a third of the package.

import type { Packed } from '../transport/serialize.ts'

/** This worker was started as a Thread. `threads` holds `[thread, mainThread]`. */
export function setStart(name: string, threads: Packed): void {
  named = { name }
  start = threads
}

/** `[thread, mainThread]`, the first time; undefined from then on, and on a thread that no Thread stands for. */
export function takeStart(): Packed | undefined {
  const threads = start
  start = undefined
  return threads
}

/** The Thread is there: its name is that of the thread from now on. */
export function setNamed(thread: { readonly name: string }): void {
  named = thread
}

/** The name of the thread that calls this. */
export function threadName(): string {
  return named.name
}

let named: { readonly name: string } = { name: '' }
let start: Packed | undefined
