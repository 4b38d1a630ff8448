// Adds jobs to the queue: jobs without a key in batches, a job with a key in a transaction that also joins it.

import { setTimeout } from 'node:timers/promises'
import type { JobsOptions, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { reasonOf } from 'spindle/internal/thread'
import { MAX_PRIORITY } from '../calls/call-options.ts'
import { type JobData, type JobRequest, type Outcome, PROTOCOL_VERSION } from '../calls/protocol.ts'
import { loadBullMQ } from '../redis/connect.ts'
import { isConnectionError } from '../redis/refusal.ts'
import type { JoinTransaction, Scripts } from '../redis/scripts.ts'
import type { Signer } from '../redis/signer.ts'

/** A call of this submitter that waits. */
export interface Entry {
  readonly call: number
  /** The id of the job that it shares with all calls of its key; otherwise its job has a unique id. */
  readonly key: string | undefined
  readonly isPlain: boolean
  /** The job to add, until it is sent: many calls may wait for a long time. */
  request: JobRequest | undefined
  state: 'adding' | 'added' | 'ended'
  isCancelled: boolean
  /** Whether the function should stop: the request is sent to whichever worker has it. */
  isStopped: boolean
  /** When Redis was last known to have it, in ticks. */
  heardAt: number
  timer: NodeJS.Timeout | undefined
}

export interface JobSettings {
  readonly payloadLimit: number
  readonly resultTtl: number
  readonly submitter: string
}

/** Receives the entries. */
export interface AdderOwner {
  /** By which scripts know the call. */
  waiterOf(entry: Entry): string
  added(entry: Entry, isActive: boolean): void
  end(entry: Entry, outcome: Outcome): void
  /** Takes the replies that are there. */
  drain(): Promise<void>
  /** The entry may have been added a second time, after its end. */
  removeAgain(entry: Entry): void
}

// How many calls may be on their way to Redis if it is near: one batch. With three times as many, what BullMQ makes for
// each lives long enough for V8 to keep it as old: a waiting call then takes 4.8 kB instead of 2.9.
const BATCH = 64
const CALLS_PER_MS = 10 // more than this thread can add: the way to Redis is never what limits it
const SEND_AGAIN_MS = 100
const JOIN_AGAIN_MS = 20

/** The connections and settings of an adder. */
export interface AdderParts {
  readonly owner: AdderOwner
  readonly settings: JobSettings
  readonly queue: Queue
  readonly scripts: Scripts
  readonly signer: Signer
  /** Entries to add; others are pushed to it. */
  readonly waiting: Entry[]
}

export class JobAdder {
  readonly #parts: AdderParts
  readonly #mostAdding: number
  #adding = 0 // how many are on their way to Redis
  #closes = 0 // how often the connection has broken

  constructor(parts: AdderParts, redis: Redis, roundTrip: number) {
    this.#parts = parts
    redis.on('close', () => this.#closes++)
    this.#mostAdding = BATCH + Math.round(CALLS_PER_MS * roundTrip)
  }

  /** A few go at once, beside others. Many wait until a batch may go, not to go one by one. */
  mayAdd(): boolean {
    const many = this.#parts.waiting.length
    return many > 0 && (this.#adding === 0 || this.#adding + Math.min(many, BATCH) <= this.#mostAdding)
  }

  /** Adds some of the waiting jobs. */
  async add(): Promise<void> {
    const all = this.#parts.waiting.splice(0, BATCH)
    this.#adding += all.length
    const entries = all.filter(({ state }) => state !== 'ended')
    const batch = new Map<Entry, JobRequest>()
    const joining: Promise<void>[] = []
    for (const entry of entries) {
      const request = entry.request as JobRequest // it is not sent yet
      entry.request = undefined
      if (entry.key === undefined) batch.set(entry, request)
      else joining.push(this.#join(entry, request))
    }
    await Promise.all([this.#addBatch(batch), ...joining])
    this.#adding -= all.length
  }

  async #addBatch(requests: Map<Entry, JobRequest>): Promise<void> {
    const { owner, queue } = this.#parts
    const closes = this.#closes
    while (requests.size > 0) {
      const jobs = [...requests].map(([entry, request]) => this.#jobOf(entry, request))
      try {
        const [first] = jobs
        if (jobs.length === 1 && first !== undefined) await queue.add(first.name, first.data, first.opts)
        else await queue.addBulk(jobs)
        break
      } catch (error) {
        if (!isConnectionError(error)) return this.#refuse(requests.keys(), error)
        this.#closes++
        await setTimeout(SEND_AGAIN_MS)
        await owner.drain().catch(() => {})
        for (const entry of [...requests.keys()]) if (entry.state === 'ended') requests.delete(entry)
      }
    }
    // The connection broke, and the jobs were sent again. A job that had arrived before exists once all the same,
    // because of its id, unless it has ended since: then there is a reply.
    if (this.#closes !== closes) await owner.drain().catch(() => {})
    for (const entry of requests.keys())
      if (entry.state === 'ended') owner.removeAgain(entry)
      else owner.added(entry, false)
  }

  /** Adds the job unless there is one, and joins it; or takes the result that its key has. */
  async #join(entry: Entry, request: JobRequest): Promise<void> {
    const { name, data, opts } = this.#jobOf(entry, request)
    const { owner, queue, scripts, signer, settings } = this.#parts
    const waiter = owner.waiterOf(entry)
    const id = opts.jobId as string
    while (entry.state !== 'ended') {
      let joined: readonly [how: string, result?: string]
      try {
        const { Job } = loadBullMQ()
        const transaction = (await queue.backend.client).multi() as unknown as Transaction & JoinTransaction
        void new Job(queue, name, data, opts, id).addJob(transaction as never) // its commands are queued at once
        const keys = [scripts.job(id), scripts.result(id), scripts.job('prioritized'), scripts.job('delayed')]
        transaction.spindleJoin(keys.length, ...keys, id, waiter, settings.resultTtl)
        const answers = await transaction.exec()
        const error = answers.find(([problem]) => problem !== null)?.[0]
        if (error) throw error
        const [how, sealed = ''] = (answers.at(-1) as [null, typeof joined])[1]
        joined = [how, signer.open(id, how, sealed)]
      } catch (error) {
        if (!isConnectionError(error)) return this.#refuse([entry], error)
        await setTimeout(SEND_AGAIN_MS)
        continue
      }
      const [how, result] = joined
      if (how === 'result') return owner.end(entry, { how, value: result as string })
      if (how !== 'again') return owner.added(entry, how === 'active')
      if (entry.isCancelled) return owner.end(entry, { how: 'cancelled' })
      await setTimeout(JOIN_AGAIN_MS) // the job before it is ending
    }
  }

  #refuse(entries: Iterable<Entry>, error: unknown): void {
    for (const entry of entries) this.#parts.owner.end(entry, { how: 'refused', message: reasonOf(error) })
  }

  #jobOf(entry: Entry, { name, args, isPlain, options = {} }: JobRequest) {
    const { payloadLimit, resultTtl, submitter } = this.#parts.settings
    const { attempts = 1, backoff = 0, priority = 0, delay = 0, trace } = options
    const { isMany, timeout, expiresAt, deadline, hasProgress, parents } = options
    const isKeyed = entry.key !== undefined
    const version = PROTOCOL_VERSION
    const data: JobData = {
      ...{ version, args, payloadLimit, resultTtl, isMany, timeout, expiresAt, deadline, hasProgress, parents },
      replyTo: isKeyed ? undefined : submitter,
      repliesStart: isPlain || undefined,
    }
    const opts: JobsOptions = {
      jobId: entry.key ?? this.#parts.owner.waiterOf(entry),
      attempts,
      delay,
      // In BullMQ, 1 is the highest priority; jobs without a priority would start before all others.
      priority: MAX_PRIORITY + 1 - priority,
      ...(backoff > 0 && { backoff: { type: 'exponential', delay: backoff, jitter: 0.5 } }),
      ...(trace !== undefined && { telemetry: { metadata: trace } }),
      removeOnComplete: true,
      // A failed job is kept for people who look at the queue, unless another call may use its key.
      removeOnFail: isKeyed || { age: Math.ceil(resultTtl / 1000) },
      stackTraceLimit: 0,
    }
    return { name, data: { ...data, signature: this.#parts.signer.of([name, data]) }, opts }
  }
}

interface Transaction {
  exec(): Promise<[error: Error | null, answer: unknown][]>
}
