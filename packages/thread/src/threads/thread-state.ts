import type { MessagePort } from 'node:worker_threads'
import { blockWhile, isGone } from '../shared-memory/block.ts'

const STATE = 0
const IDENT = 1

/** Not started, or its target was refused. */
export const INITIAL = 0
/** The worker looks for the target. */
export const STARTING = 1
/** The target runs, or is about to. */
export const STARTED = 2
/** The target has returned or thrown, or the worker is gone. */
export const STOPPED = 3

/**
 * How far a thread has come, in shared memory: all threads see the same.
 *
 *     INITIAL ──start()──▶ STARTING ──target found──▶ STARTED ──its end──▶ STOPPED
 *        ▲─────target refused──┘
 */
export class ThreadState {
  /** What is sent to another thread to have the same state there. */
  readonly cell: Int32Array

  constructor(cell: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.cell = cell
  }

  get(): number {
    return Atomics.load(this.cell, STATE)
  }

  /** Wakes what waits for the change. */
  set(state: number): void {
    Atomics.store(this.cell, STATE, state)
    Atomics.notify(this.cell, STATE)
  }

  get ident(): number | undefined {
    return this.get() === INITIAL ? undefined : Atomics.load(this.cell, IDENT)
  }

  set ident(ident: number) {
    Atomics.store(this.cell, IDENT, ident)
  }

  /** Blocks while the state is `state`; not forever, if the worker at the other end of `lifeline` is killed. */
  blockWhile(state: number, timeout: number, lifeline: MessagePort | undefined): void {
    blockWhile(this.cell, STATE, state, timeout, lifeline)
    this.look(lifeline)
  }

  /** Takes note of a worker that ended without saying so: killed, or out of memory. */
  look(lifeline: MessagePort | undefined): void {
    if (this.get() === STARTED && lifeline !== undefined && isGone(lifeline)) this.set(STOPPED)
  }
}
