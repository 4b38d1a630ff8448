import type { Future } from './future.ts'
import type { Wakeable } from './wake-list.ts'

/**
 * Waits for a Future on behalf of a native promise. It bypasses the loop: a promise calls back at its own time, even
 * while the loop is not running.
 */
export class PromiseRelay<T> implements Wakeable {
  readonly #future: Future<T>
  readonly #resolve: (result: T) => void
  readonly #reject: (error: unknown) => void

  constructor(future: Future<T>, resolve: (result: T) => void, reject: (error: unknown) => void) {
    this.#future = future
    this.#resolve = resolve
    this.#reject = reject
  }

  wake(): void {
    let result: T
    try {
      result = this.#future.result()
    } catch (error) {
      this.#reject(error)
      return
    }
    this.#resolve(result)
  }

  describe(): string {
    return 'Promise.then()'
  }
}
