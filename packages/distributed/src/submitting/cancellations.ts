import { setImmediate } from 'node:timers/promises'
import { type CancelledCall, GONE, RUNS } from '../redis/scripts.ts'
import type { Entry } from './job-adder.ts'
import type { SubmittingClient } from './submitting-client.ts'

const AT_ONCE = 500 // the script takes about 2 ms, and Redis does nothing else in that time

/** Removes jobs that wait, and sends the cancellation of other jobs to the workers. A reply confirms either. */
export class Cancellations {
  readonly #owner: SubmittingClient
  #entries: Entry[] = []
  /** Until all of them are sent. */
  sending: Promise<void> | undefined

  constructor(owner: SubmittingClient) {
    this.#owner = owner
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    this.sending ??= this.#send().finally(() => (this.sending = undefined))
  }

  /** The slices go one after the other, so that other commands of this connection go between them. */
  async #send(): Promise<void> {
    await setImmediate() // calls that are cancelled together go together, and a reply may be here that was not read
    while (this.#entries.length > 0) {
      const slice = this.#entries.splice(0, AT_ONCE)
      const answers = await this.#cancel(slice).catch(() => [])
      for (const [index, entry] of slice.entries())
        if (answers[index] === RUNS && entry.leaves !== 'cancelled') entry.leaves = undefined
      // Those that are gone have replied, or Redis has lost them. Calls that have not ended are sent again.
      await this.#owner.silent.askFor(slice.filter((_, index) => answers[index] === GONE))
    }
  }

  async #cancel(entries: readonly Entry[]): Promise<number[]> {
    const { envelope, scripts, settings } = this.#owner
    const calls = entries.map((entry): CancelledCall => {
      const [call, job] = [this.#owner.waiterOf(entry), this.#owner.jobOf(entry)]
      const proof = entry.leaves === 'cancelled' ? envelope.seal('cancelled', 'cancellation', job) : ''
      return [call, job, proof, this.#owner.seal(entry, 'cancelled')]
    })
    return await scripts.cancel(calls, settings.resultTtl)
  }
}
