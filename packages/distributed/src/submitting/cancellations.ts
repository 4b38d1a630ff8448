import { setImmediate } from 'node:timers/promises'
import { GONE, OTHERS_WAIT, REMOVED, RUNS } from '../redis/scripts.ts'
import type { Entry } from './job-adder.ts'
import type { SubmittingClient } from './submitting-client.ts'

const AT_ONCE = 500 // the script takes about 2 ms, and Redis does nothing else in that time
const ENDS = new Set<unknown>([GONE, OTHERS_WAIT, REMOVED]) // else its worker says when it has ended

/** Removes jobs that wait, and sends the cancellation of other jobs to the workers. */
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

  /** Cancels a call that has not begun. Returns whether it has not. */
  async expire(entry: Entry): Promise<boolean> {
    const [answer] = await this.#cancel('expire', [entry])
    return answer !== RUNS && answer !== GONE
  }

  /** The slices go one after the other, so that other commands of this connection go between them. */
  async #send(): Promise<void> {
    await setImmediate() // calls that are cancelled together go together
    while (this.#entries.length > 0) {
      const slice = this.#entries.splice(0, AT_ONCE)
      await this.#sendSlice(slice).catch(() => {}) // calls that have not ended are sent again
    }
  }

  async #sendSlice(slice: readonly Entry[]): Promise<void> {
    const answers = await this.#cancel('cancel', slice)
    if (answers.includes(GONE)) await this.#owner.drain() // they have ended
    for (const [index, entry] of slice.entries())
      if (ENDS.has(answers[index])) this.#owner.end(entry, { how: 'cancelled' })
  }

  #cancel(mode: 'cancel' | 'expire', entries: readonly Entry[]): Promise<number[]> {
    const { scripts } = this.#owner
    const calls = entries.map((entry) => {
      const call = entry.key === undefined ? '' : this.#owner.waiterOf(entry)
      return `${call}|${this.#owner.jobOf(entry)}`
    })
    return scripts.cancel(mode, calls)
  }
}
