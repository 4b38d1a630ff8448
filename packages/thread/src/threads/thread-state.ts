// The indexes of the cell.
export const STATE = 0
const IDENT = 1

export const INITIAL = 0
export const STARTING = 1 // the worker looks for the target
export const STARTED = 2
export const STOPPED = 3 // the target has returned or thrown, or the worker is gone

/**
 * The state of a thread, in shared memory: all threads see the same.
 *
 *     INITIAL ──start()──▶ STARTING ──target found──▶ STARTED ──its end──▶ STOPPED
 *        ▲─────target refused──┘
 */
export class ThreadState {
  readonly cell: Int32Array

  constructor(cell: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.cell = cell
  }

  get(): number {
    return Atomics.load(this.cell, STATE)
  }

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
