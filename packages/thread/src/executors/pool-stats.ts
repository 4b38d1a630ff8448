import { createHistogram } from 'node:perf_hooks'

/** How long something took, in ms. */
export interface Durations {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** The result of `executor.stats()`. */
export interface PoolStats {
  /** How many workers there are, including workers that are starting. */
  readonly workers: number
  /** How many of them have no call. */
  readonly idle: number
  /** How many calls wait for a worker. */
  readonly queued: number
  /** How many calls a worker has. */
  readonly running: number
  /** How many calls have ended: returned, thrown, or cancelled before they began. */
  readonly done: number
  readonly failed: number
  readonly cancelled: number
  /** The share of the workers' time that was spent on calls: 0 to 1. */
  readonly utilization: number
  /** From `submit` to the start of a call. All but the mean are right to 1 %. */
  readonly waitTime: Durations
  /** From the start of a call to its end. */
  readonly runTime: Durations
}

/** The counters of a pool. */
export class CallCounts {
  done = 0
  failed = 0
  cancelled = 0
  readonly waitTime: Histogram = new Histogram()
  readonly runTime: Histogram = new Histogram()

  ended(threw: boolean, runTime: number): void {
    if (threw) this.failed++
    else this.done++
    this.runTime.add(runTime)
  }

  /** @param capacity how many ms the workers could have spent on calls; `running`: on the calls that have not ended */
  stats(
    current: Pick<PoolStats, 'workers' | 'idle' | 'queued' | 'running'>,
    capacity: number,
    running: number,
  ): PoolStats {
    const { done, failed, cancelled, waitTime, runTime } = this
    return {
      ...current,
      done,
      failed,
      cancelled,
      utilization: capacity === 0 ? 0 : Math.min(1, (runTime.sum + running) / capacity),
      waitTime: waitTime.durations(),
      runTime: runTime.durations(),
    }
  }
}

/** Durations, in the histogram of Node: it takes the same memory for ten as for a billion. */
class Histogram {
  readonly #micros = createHistogram({ lowest: 1, highest: SIXTY_DAYS, figures: 2 })
  sum = 0

  add(ms: number): void {
    this.#micros.record(Math.min(Math.max(1, Math.round(ms * 1000)), SIXTY_DAYS))
    this.sum += ms
  }

  durations(): Durations {
    const { count, max } = this.#micros
    if (count === 0) return { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 }
    const at = (percentile: number): number => this.#micros.percentile(percentile) / 1000
    return { mean: this.sum / count, p50: at(50), p90: at(90), p99: at(99), max: max / 1000 }
  }
}

const SIXTY_DAYS = 60 * 86_400 * 1_000_000 // in µs
