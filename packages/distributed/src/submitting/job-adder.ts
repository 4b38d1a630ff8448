// Adds jobs to the queue: jobs without a key in batches, jobs with a key in a transaction that also joins them.

import { setTimeout } from 'node:timers/promises'
import type { Job, JobsOptions } from 'bullmq'
import { reasonOf } from 'spindle/internal/thread'
import { MAX_PRIORITY } from '../calls/call-options.ts'
import { type JobData, type JobRequest, type Outcome, PROTOCOL_VERSION } from '../calls/protocol.ts'
import { loadBullMQ } from '../redis/connect.ts'
import { isConnectionError } from '../redis/refusal.ts'
import type { JoinTransaction } from '../redis/scripts.ts'
import type { SubmittingClient } from './submitting-client.ts'

/** Why a call leaves the queue: its Future was cancelled, its executor was shut down, or it has expired. */
export type Leaving = 'cancelled' | 'withdrawn' | 'expired'

/** A call of this submitter that waits. */
export interface Entry {
  readonly call: number
  /** The id of the job that it shares with all calls of its key; otherwise its job has a unique id. */
  readonly key: string | undefined
  /** What to add, and the job that was made of it, until it was added: many calls may wait for a long time. */
  request: JobRequest | undefined
  job: PreparedJob | undefined
  /** Its signature, which replies name. */
  signature: string | undefined
  state: 'new' | 'adding' | 'added' | 'ended'
  /** How it ended while it was being added. */
  outcome: Outcome | undefined
  /** Why it is to leave the queue: only a call that was cancelled does so although it has begun. */
  leaves: Leaving | undefined
  /** When Redis was last known to have it, in ticks. */
  heardAt: number
  readonly expiresAt: number | undefined
  timer: NodeJS.Timeout | undefined
}

/** A job as it is added, also if it is sent twice: the same request, with the same signature. */
interface PreparedJob {
  readonly name: string
  readonly data: JobData
  readonly options: JobsOptions
}

// How many calls may be on their way to Redis if it is near: one batch. With three times as many, what BullMQ makes for
// each lives long enough for V8 to keep it as old: a waiting call then takes 4.8 kB instead of 2.9.
const BATCH = 64
const CALLS_PER_MS = 10 // more than this thread can add: the way to Redis is never what limits it
const AGAIN_MS = 20

export class JobAdder {
  readonly #owner: SubmittingClient
  readonly #mostAdding: number
  readonly #Job: typeof Job = loadBullMQ().Job
  #adding = 0 // how many are on their way to Redis
  #closes = 0 // how often the connection has broken

  constructor(owner: SubmittingClient, roundTrip: number) {
    this.#owner = owner
    owner.redis.on('close', () => this.#closes++)
    this.#mostAdding = BATCH + Math.round(CALLS_PER_MS * roundTrip)
  }

  /** A few go at once, beside others. Many wait until a batch may go, not to go one by one. */
  mayAdd(): boolean {
    const many = this.#owner.toAdd.length
    return many > 0 && (this.#adding === 0 || this.#adding + Math.min(many, BATCH) <= this.#mostAdding)
  }

  /** Adds some of the waiting jobs. */
  async add(): Promise<void> {
    const [plain, keyed] = [new Set<Entry>(), new Set<Entry>()]
    for (const entry of this.#owner.toAdd.splice(0, BATCH)) {
      if (entry.state === 'ended') continue
      entry.state = 'adding'
      ;(entry.key === undefined ? plain : keyed).add(entry)
    }
    this.#adding += plain.size + keyed.size
    await Promise.all([this.#addAll(plain), this.#addAll(keyed)])
  }

  async #addAll(entries: Set<Entry>): Promise<void> {
    const owner = this.#owner
    const closes = this.#closes
    while (entries.size > 0 && !owner.isOver) {
      const answers = await this.#send(entries)
      if (answers === undefined) await setTimeout(AGAIN_MS)
      // The connection broke, and the jobs are sent again. A job that had arrived before exists once all the same,
      // because of its id, unless it has ended since: then there is a reply, and the second job is removed.
      if (this.#closes !== closes) await owner.replies?.drain().catch(() => {})
      for (const entry of entries) {
        const answer = answers?.get(entry)
        const isOver = (entry.leaves ?? entry.outcome) !== undefined
        if (answer?.[0] === 'again' && isOver) owner.endCancelled(entry)
        else if (entry.state === 'ended') owner.cancellations.add(entry)
        else if (answer === undefined || answer[0] === 'again') continue
        else this.#take(entry, answer, this.#closes !== closes)
        entries.delete(entry)
        this.#adding--
      }
      if (answers !== undefined && entries.size > 0) await setTimeout(AGAIN_MS) // the jobs before these are ending
    }
  }

  /**
   * Adds jobs, either without keys, or in a transaction that also joins the job of each key. Returns undefined if the
   * connection broke.
   */
  async #send(entries: ReadonlySet<Entry>): Promise<Map<Entry, Answer> | undefined> {
    const owner = this.#owner
    const { queue, scripts, settings } = owner
    try {
      const client = await queue.backend.client
      const [first] = [...entries] as [Entry]
      if (entries.size === 1 && first.key === undefined) {
        await this.#jobOf(first).addJob(client) // a pipeline takes longer to make than a command
        return new Map([[first, ['waiting']]])
      }
      const transaction = (first.key === undefined ? client.pipeline() : client.multi()) as unknown as JoinTransaction
      for (const entry of entries) {
        const job = this.#jobOf(entry)
        void job.addJob(transaction as never) // its commands are queued at once
        if (entry.key === undefined) continue
        const id = job.id as string
        const call = owner.waiterOf(entry)
        const told = `${scripts.replies(settings.submitter)}:${call}`
        const keys = [scripts.job(id), scripts.result(id), scripts.job('prioritized'), scripts.job('delayed'), told]
        transaction.spindleJoin(keys.length, ...keys, id, call, settings.resultTtl)
      }
      const answers = await transaction.exec()
      const error = answers.find(([problem]) => problem !== null)?.[0]
      if (error) throw error
      let at = 0
      const answerOf = ({ key }: Entry): Answer => {
        at++ // of adding it
        return key === undefined ? ['waiting'] : (answers[at++]?.[1] as Answer)
      }
      return new Map([...entries].map((entry) => [entry, answerOf(entry)]))
    } catch (error) {
      if (isConnectionError(error)) {
        this.#closes++
        return undefined
      }
      return new Map([...entries].map((entry) => [entry, ['refused', reasonOf(error)]]))
    }
  }

  #take(entry: Entry, [how, text = '']: Answer, isTwice: boolean): void {
    const owner = this.#owner
    if (how === 'refused') return owner.end(entry, { how, message: text })
    if (how !== 'result' && how !== 'cancelled') return owner.added(entry, isTwice)
    try {
      const value = owner.open(entry, how, text)
      if (how === 'cancelled') owner.endCancelled(entry)
      else owner.end(entry, { how, value })
    } catch (error) {
      owner.end(entry, { how: 'error', message: reasonOf(error), record: undefined })
    }
  }

  #jobOf(entry: Entry): Job {
    entry.job ??= this.#prepare(entry)
    const { name, data, options } = entry.job
    return new this.#Job(this.#owner.queue, name, data, { ...options }, options.jobId)
  }

  #prepare(entry: Entry): PreparedJob {
    const { name, code, args, options = {} } = entry.request as JobRequest
    const { settings, clock, envelope } = this.#owner
    const { payloadLimit, resultTtl, submitter } = settings
    const { attempts = 1, backoff = 0, priority = 0, delay = 0, trace } = options
    const { isMany, timeout, expiresAt, deadline, hasProgress, parents } = options
    const isKeyed = entry.key !== undefined
    const version = PROTOCOL_VERSION
    const data: JobData = {
      ...{ version, code, args, payloadLimit, resultTtl, isMany, timeout, hasProgress, parents },
      expiresAt: expiresAt && clock.toRedis(expiresAt),
      deadline: deadline && clock.toRedis(deadline),
      replyTo: isKeyed ? undefined : submitter,
    }
    const jobId = this.#owner.jobOf(entry)
    const jobOptions: JobsOptions = {
      jobId,
      attempts,
      delay,
      timestamp: clock.now(),
      // In BullMQ, 1 is the highest priority; jobs without a priority would start before all others.
      priority: MAX_PRIORITY + 1 - priority,
      ...(backoff > 0 && { backoff: { type: 'exponential', delay: backoff, jitter: 0.5 } }),
      ...(trace !== undefined && { telemetry: { metadata: trace } }),
      removeOnComplete: true,
      // A failed job is kept for people who look at the queue, unless another call may use its key.
      removeOnFail: isKeyed || { age: Math.ceil(resultTtl / 1000) },
      stackTraceLimit: 0,
    }
    const signature = envelope.signCall(jobId, name, data, jobOptions)
    entry.signature = isKeyed ? undefined : signature
    return { name, data: { ...data, signature }, options: jobOptions }
  }
}

/** What became of a call. `cancelled`: it was told so before; `again`: the job before it is ending. */
type Answer = readonly [how: 'waiting' | 'result' | 'cancelled' | 'again' | 'refused', text?: string]
