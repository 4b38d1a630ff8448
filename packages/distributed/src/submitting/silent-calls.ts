// Looks for the jobs of silent calls. A job may have been removed by hand, or Redis may have lost its data.

import type { Outcome } from '../calls/protocol.ts'
import type { Entry } from './job-adder.ts'
import type { SubmittingClient } from './submitting-client.ts'

const ASK_AFTER_TICKS = 8 // without news of a call
const ASK_AT_ONCE = 100

export class SilentCalls {
  readonly #owner: SubmittingClient
  #hasWorker = true
  // When to look for workers, in ticks, and how long to wait after that: longer each time, since a list of all clients
  // is expensive for Redis.
  #lookAt = 0
  #lookAgain = ASK_AFTER_TICKS

  constructor(owner: SubmittingClient) {
    this.#owner = owner
  }

  /** A worker has replied. */
  heard(): void {
    this.#hasWorker = true
    this.#lookAt = this.#owner.ticks + ASK_AFTER_TICKS
    this.#lookAgain = ASK_AFTER_TICKS
  }

  /** Asks Redis for the jobs of silent calls. */
  async ask(): Promise<void> {
    const { ticks, entries } = this.#owner
    const silent: Entry[] = []
    for (const entry of entries.values()) {
      if (entry.heardAt > ticks - ASK_AFTER_TICKS || entry.state !== 'added') continue
      entry.heardAt = ticks
      silent.push(entry)
      if (silent.length === ASK_AT_ONCE) break
    }
    if (silent.length === 0) return
    if (ticks >= this.#lookAt) void this.#warnIfNoWorker(silent).catch(() => {}) // it looks again
    if (await this.askFor(silent)) await this.ask()
  }

  /** Ends calls that have ended, or are lost. Returns whether one is lost. */
  async askFor(entries: readonly Entry[]): Promise<boolean> {
    if (entries.length === 0) return false
    const found = await this.fieldsOf(entries).catch(() => []) // they are asked for again
    let isLost = false
    for (const [index, fields] of found.entries()) {
      const entry = entries[index]
      if (entry?.state !== 'added') continue
      const outcome = outcomeOf(fields)
      isLost ||= outcome?.how === 'lost'
      if (outcome !== undefined) this.#owner.end(entry, outcome)
    }
    return isLost
  }

  /** Reads the jobs of calls, and then all replies: a job that was removed because its call ended has replied. */
  async fieldsOf(entries: readonly Entry[]): Promise<JobFields[]> {
    const owner = this.#owner
    const pipeline = owner.redis.pipeline()
    for (const entry of entries) {
      const waits = `w:${owner.waiterOf(entry)}`
      pipeline.hmget(owner.scripts.job(owner.jobOf(entry)), 'name', 'failedReason', 'finishedOn', waits)
    }
    const answers = (await pipeline.exec()) ?? []
    await owner.replies?.drain()
    return answers.map(([error, fields]) => {
      if (error !== null) throw error
      const [name, failedReason, finishedOn, waits] = fields as (string | null)[]
      return { exists: name != null, failedReason, hasFinished: finishedOn != null, waits: waits != null }
    })
  }

  async #warnIfNoWorker(silent: readonly Entry[]): Promise<void> {
    const owner = this.#owner
    this.#lookAt = owner.ticks + this.#lookAgain
    this.#lookAgain *= 2
    const hadWorker = this.#hasWorker
    this.#hasWorker = (await owner.queue.getWorkersCount()) > 0
    if (this.#hasWorker || !hadWorker) return
    const reasons = await Promise.all(silent.map((entry) => owner.scripts.reasonOfLoss(owner.jobOf(entry))))
    const reason = reasons.find((one) => one !== undefined)
    const { queue } = owner.settings
    owner.warn(
      `${owner.entries.size} calls wait, and the queue '${queue}' has no worker. ` +
        `Start one: npx spindle-worker --queue ${queue} --module ./jobs.ts` +
        (reason === undefined ? '' : `. ${reason}`),
    )
  }
}

/** The fields of a job that tell the outcome of its call. */
interface JobFields {
  readonly exists: boolean
  readonly failedReason: string | null | undefined
  readonly hasFinished: boolean
  /** Whether the call waits for it, if it has a key. */
  readonly waits: boolean
}

/** The outcome of a call that has not replied. Undefined while it waits or runs. */
function outcomeOf({ exists, failedReason, hasFinished }: JobFields): Outcome | undefined {
  if (!exists) return { how: 'lost', message: 'Redis does not know it any more' }
  if (!hasFinished || failedReason == null) return undefined
  if (failedReason.startsWith('job stalled')) return { how: 'worker-lost', message: failedReason }
  return { how: 'error', message: failedReason, record: undefined }
}
