/** The index of the state in the cell. */
export const STATE = 0
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
 * The state of a thread, in shared memory: all threads see the same.
 *
 *     INITIAL ──start()──▶ STARTING ──target found──▶ STARTED ──its end──▶ STOPPED
 *        ▲─────target refused──┘
 */
export class ThreadState {
  /** The data that gives another thread the same state. */
  readonly cell: Int32Array

  constructor(cell: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.cell = cell
  }

  get(): number {
    return Atomics.load(this.cell, STATE)
  }

  /** Changes the state and wakes its waiters. */
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
}
