import { Future } from '../futures/future.ts'
import type { PoolWorker } from './pool-worker.ts'

/** The Futures that wait until workers are ready. */
export class Readiness {
  #waiting: { readonly future: Future<void>; readonly missing: Set<PoolWorker> }[] = []

  get pending(): boolean {
    return this.#waiting.length > 0
  }

  /** Done when these workers are ready. */
  whenReady(workers: Iterable<PoolWorker>): Future<void> {
    const future = new Future<void>()
    const missing = new Set([...workers].filter(({ readyAt }) => readyAt === 0))
    if (missing.size === 0) future.setResult()
    else this.#waiting.push({ future, missing })
    for (const worker of missing) worker.keepAlive(true)
    return future
  }

  markReady(worker: PoolWorker): void {
    for (const { future, missing } of this.#waiting) if (missing.delete(worker) && missing.size === 0) future.finish()
    this.#waiting = this.#waiting.filter(({ missing }) => missing.size > 0)
  }

  /** The worker will never be ready. */
  fail(worker: PoolWorker, error: () => unknown): void {
    const failed = this.#waiting.filter(({ missing }) => missing.has(worker))
    this.#waiting = this.#waiting.filter((waiting) => !failed.includes(waiting))
    for (const { future } of failed) if (future.isOpen) future.setException(error())
  }
}
