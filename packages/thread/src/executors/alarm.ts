import { realTime } from '../shared-memory/real-time.ts'

const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Calls back when something is due, if the host gets a turn by then; a thread that blocks looks at `due` itself. The
 * program does not wait for it.
 */
export class Alarm {
  readonly #callback: () => void
  #timer: NodeJS.Timeout | undefined
  due: number = Number.POSITIVE_INFINITY

  constructor(callback: () => void) {
    this.#callback = callback
  }

  /** Calls back at `due`, by `realTime()`, or earlier if it is already set for an earlier time. */
  set(due: number): void {
    if (due < this.due) this.reset(due)
  }

  /** Calls back at `due`, and not before; never if that is infinite. */
  reset(due: number): void {
    clearTimeout(this.#timer)
    this.due = due
    if (due === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(this.#callback, Math.min(Math.max(0, due - realTime()) + 1, LONGEST_TIMER)).unref()
  }
}
