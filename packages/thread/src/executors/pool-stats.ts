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
  /** From `submit` to the start of a call. Percentiles are right to 5 %. */
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

/**
 * Durations, counted by their size in steps of 5 %: it takes the same memory for ten as for a billion.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #sum = 0
  #max = 0

  get sum(): number {
    return this.#sum
  }

  add(ms: number): void {
    const bucket = ms <= SMALLEST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST) / STEP))
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#count++
    this.#sum += ms
    if (ms > this.#max) this.#max = ms
  }

  durations(): Durations {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => this.#percentile(share)) as [number, number, number]
    return { mean, p50, p90, p99, max: this.#max }
  }

  #percentile(share: number): number {
    let rest = Math.ceil(this.#count * share)
    for (let bucket = 0; rest > 0 && bucket < BUCKETS; bucket++) {
      rest -= this.#counts[bucket] as number
      if (rest <= 0) return Math.min(this.#max, SMALLEST * Math.exp(bucket * STEP))
    }
    return 0
  }
}

const SMALLEST = 0.001
const STEP = Math.log(1.05)
const BUCKETS = 600 // up to 60 days
