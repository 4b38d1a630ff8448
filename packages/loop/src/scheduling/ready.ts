/** An entry of the ready queue, which runs once: a Handle, or a Task about to take a step. */
export interface Ready {
  /** @internal */
  run(): void
}
