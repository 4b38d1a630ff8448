import type { AsyncScope } from '../inspect/host-globals.ts'

/** An entry of the ready queue, which runs once: a Handle, or a Task about to take a step. */
export interface Ready {
  /** The stores of `AsyncLocalStorage` in which it runs. @internal */
  readonly stores?: AsyncScope | undefined
  /** @internal */
  run(): void
}
