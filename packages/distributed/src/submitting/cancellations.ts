import { setImmediate } from 'node:timers/promises'
import { type CancelledCall, GONE, REMOVED } from '../redis/scripts.ts'
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

  /** Ends a call whose time has come, unless it has begun. */
  async expire(entry: Entry): Promise<void> {
    await setImmediate() // a busy thread may not have read an answer that came in time
    if (this.#owner.isOver || entry.state === 'ended') return
    try {
      const [answer] = entry.state === 'added' ? await this.#cancel('expire', [entry]) : [REMOVED]
      if (answer === REMOVED) this.#owner.end(entry, { how: 'expired' })
    } catch {} // it waits on: a worker that takes it sees that it is too late
  }

  /** The slices go one after the other, so that other commands of this connection go between them. */
  async #send(): Promise<void> {
    await setImmediate() // calls that are cancelled together go together
    while (this.#entries.length > 0) {
      const slice = this.#entries.splice(0, AT_ONCE)
      // Those that are gone have replied, or Redis has lost them. Calls that have not ended are sent again.
      const answers = await this.#cancel('cancel', slice).catch(() => [])
      await this.#owner.silent.askFor(slice.filter((_, index) => answers[index] === GONE))
    }
  }

  async #cancel(mode: 'cancel' | 'expire', entries: readonly Entry[]): Promise<number[]> {
    const { envelope, scripts, settings } = this.#owner
    const calls = entries.map((entry): CancelledCall => {
      const [call, job] = [this.#owner.waiterOf(entry), this.#owner.jobOf(entry)]
      return [call, job, envelope.seal('', 'cancellation', job), this.#owner.seal(entry, 'cancelled')]
    })
    return await scripts.cancel(mode, calls, settings.resultTtl)
  }
}
