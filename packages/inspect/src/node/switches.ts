import type { EventLoop, Task } from 'spindle'
import { Listeners } from '../recorder/listeners.ts'

/** The activity since the last query. */
export interface SwitchSample {
  /** Steps of Tasks per second. */
  readonly switches: number
  /** The delay of the most overdue timer, in ms. */
  readonly lag: number
  /** The longest steps, in ms. */
  readonly longest: readonly { readonly task: string; readonly ms: number }[]
}

const LONGEST = 5

/** Counts and measures the steps of Tasks, at some cost for each step. */
export class Switches {
  readonly #listeners = new Listeners()
  #steps = 0
  #lag = 0
  #since = performance.now()
  readonly #longest = new Map<string, number>()
  #running: { readonly task: Task; readonly start: number } | undefined

  constructor(loops: Iterable<EventLoop>) {
    for (const loop of loops) {
      this.#listeners.add(loop, 'turn', ({ lag }) => {
        this.#lag = Math.max(this.#lag, lag)
      })
      this.#listeners.add(loop, 'task:step', ({ task }) => {
        this.#steps++
        this.#running = { task, start: performance.now() }
      })
      this.#listeners.add(loop, 'task:suspended', () => this.#ended())
      this.#listeners.add(loop, 'task:done', () => this.#ended())
    }
  }

  take(): SwitchSample {
    const now = performance.now()
    const longest = [...this.#longest].map(([task, ms]) => ({ task, ms })).sort((a, b) => b.ms - a.ms)
    const sample = {
      switches: (this.#steps / (now - this.#since)) * 1000,
      lag: this.#lag,
      longest: longest.slice(0, LONGEST),
    }
    this.#steps = 0
    this.#lag = 0
    this.#since = now
    this.#longest.clear()
    return sample
  }

  stop(): void {
    this.#listeners.removeAll()
  }

  #ended(): void {
    if (this.#running === undefined) return
    const { task, start } = this.#running
    this.#running = undefined
    const ms = performance.now() - start
    const name = task.getName()
    if (ms > (this.#longest.get(name) ?? 0)) this.#longest.set(name, ms)
  }
}
