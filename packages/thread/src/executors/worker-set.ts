import { realTime } from '../shared-memory/real-time.ts'
import type { PoolOptions } from './pool-options.ts'
import type { PoolWorker } from './pool-worker.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/** The workers of a pool, started when a call finds none free, ended when they are no longer needed. */
export class WorkerSet implements Iterable<PoolWorker> {
  readonly #options: PoolOptions
  readonly #start: () => PoolWorker
  readonly #all = new Set<PoolWorker>()
  readonly #idle: PoolWorker[] = [] // workers without a running call; the last is used next
  #ending = 0 // how many have an end request, and have not ended
  #lifeTime = 0 // of the workers that have ended
  #pause = 0 // before another worker starts beside others, since some could not work
  /** The end of that pause. */
  startsAt = 0

  constructor(options: PoolOptions, start: () => PoolWorker) {
    this.#options = options
    this.#start = start
  }

  get size(): number {
    return this.#all.size
  }

  get idle(): number {
    return this.#idle.length
  }

  [Symbol.iterator](): Iterator<PoolWorker> {
    return this.#all[Symbol.iterator]()
  }

  has(worker: PoolWorker): boolean {
    return this.#all.has(worker)
  }

  /** How long all workers have existed, in ms. */
  lifeTime(now: number): number {
    let sum = this.#lifeTime
    for (const { startedAt } of this.#all) sum += now - startedAt
    return sum
  }

  get hasFree(): boolean {
    return this.#idle.length > 0 || this.#mayStart || this.#leastBusy() !== undefined
  }

  /** Returns a worker for a call: `preferred` if it is idle, otherwise the worker that was used last. */
  takeFree(preferred?: PoolWorker): PoolWorker | undefined {
    if (preferred !== undefined && this.takeIdle(preferred)) return preferred
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    return this.#mayStart ? this.#add() : this.#leastBusy()
  }

  get #mayStart(): boolean {
    const { size } = this.#all
    return size < this.#options.maxWorkers && (size === 0 || performance.now() >= this.startsAt)
  }

  /** A worker could not work: the next one starts after a pause, which grows until one can. */
  delayStart(): void {
    this.#pause = Math.min(Math.max(2 * this.#pause, FIRST_PAUSE_MS), LONGEST_PAUSE_MS)
    this.startsAt = performance.now() + this.#pause
  }

  /** A worker works: the next pause is short again. */
  forgetPause(): void {
    this.#pause = 0
  }

  /** Makes a worker no longer idle. Returns whether it was. */
  takeIdle(worker: PoolWorker): boolean {
    const index = this.#idle.indexOf(worker)
    if (index >= 0) this.#idle.splice(index, 1)
    return index >= 0
  }

  /** Starts workers until there are `count`. */
  fill(count: number): void {
    while (this.#all.size - this.#ending < count) this.#idle.unshift(this.#add())
  }

  /** The worker runs no call. */
  addIdle(worker: PoolWorker): void {
    if (worker.calls >= this.#options.maxTasksPerChild) return this.#end(worker)
    worker.idleSince = realTime()
    this.#idle.push(worker)
  }

  endIdle(): void {
    for (const worker of this.#idle.splice(0)) this.#end(worker)
  }

  /** Ends workers that were idle for too long. Returns the time at which the next is due. */
  endUnused(now: number): number {
    const { idleTimeout, minWorkers } = this.#options
    let next = Number.POSITIVE_INFINITY
    for (const worker of [...this.#idle]) {
      const due = worker.idleSince + idleTimeout
      if (this.#all.size - this.#ending <= minWorkers) break
      if (due > now) next = Math.min(next, due)
      else if (this.takeIdle(worker)) this.#end(worker)
    }
    return next
  }

  /** Removes a worker that is gone. Returns false if it was removed before. */
  remove(worker: PoolWorker): boolean {
    if (!this.#all.delete(worker)) return false
    if (worker.isEnding) this.#ending--
    this.takeIdle(worker)
    this.#lifeTime += realTime() - worker.startedAt
    return true
  }

  #add(): PoolWorker {
    const worker = this.#start()
    this.#all.add(worker)
    return worker
  }

  #end(worker: PoolWorker): void {
    worker.isEnding = true
    this.#ending++
    worker.keepAlive(true) // a call may wait for its place, or a caller for its end
    worker.post({ kind: 'end' })
  }

  /** The worker that may run one call more, and runs the fewest. */
  #leastBusy(): PoolWorker | undefined {
    const { maxTasksPerChild, callsPerWorker } = this.#options
    let best: PoolWorker | undefined
    for (const worker of this.#all) {
      if (
        worker.isEnding ||
        worker.illness !== undefined ||
        worker.active >= callsPerWorker ||
        worker.calls >= maxTasksPerChild
      )
        continue
      if (best === undefined || worker.active < best.active) best = worker
    }
    return best
  }
}
