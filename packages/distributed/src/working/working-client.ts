// The client thread of a worker: a BullMQ Worker whose jobs run on the worker's own thread. This thread renews the
// locks, even while that one is blocked.

import { writeSync } from 'node:fs'
import { fromModule } from '@spindle/thread'
import type { Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { type ClientPort, OwnerPort } from '../client-thread.ts'
import {
  CANCELLED_REASON,
  ERROR_FIELD,
  type FromWorkingClient,
  INLINE_BYTES,
  type JobData,
  RESULT_FIELD,
  type RunOutcome,
  type ToWorkingClient,
} from '../protocol.ts'
import { onCancellations } from '../redis/cancel-channel.ts'
import { brokenMessage, connect, evictionWarning, loadBullMQ, reportOutages } from '../redis/connect.ts'
import { within } from '../redis/within.ts'

export interface WorkingClientOptions extends ClientPort {
  readonly url: string
  readonly queue: string
  readonly name: string
  readonly concurrency: number
  readonly lock: number
  readonly maxLost: number
  readonly limit: { readonly max: number; readonly duration: number } | undefined
  readonly connectTimeout: number
  /** The number of the run whose coroutine is on the stack. */
  readonly current: Int32Array
}

/** Runs on the client thread until it receives the message to close. */
export async function runWorkingClient(options: WorkingClientOptions): Promise<void> {
  const client = new WorkingClient(options)
  process.on('uncaughtException', (error) => client.break(error))
  await client.run()
}

fromModule(import.meta, runWorkingClient)

const KEEP_CANCELLATIONS_MS = 2000 // a cancellation may arrive before its job
const LATER_MS = 300
const FINISH_MS = 5000 // time to write the last results

interface Run {
  readonly number: number
  readonly job: Job
  readonly finish: (outcome: RunOutcome) => void
}

/** Writes a field of a job if the job still exists: a hash with only this field would stay forever. */
const SET_FIELD =
  "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end return 1"

class WorkingClient {
  readonly #options: WorkingClientOptions
  readonly #owner: OwnerPort<ToWorkingClient, FromWorkingClient>
  readonly #runs = new Map<number, Run>()
  readonly #runOf = new Map<string, Run>()
  readonly #cancelled = new Map<string, NodeJS.Timeout>() // ids, for a while
  #redis!: Redis
  #cancelRedis!: Redis
  #worker: Worker | undefined
  #last = 0
  #isPaused = false
  #timer: NodeJS.Timeout | undefined
  #pongAt = Date.now()
  #isBlocked = false
  #Unrecoverable!: new (
    message?: string,
  ) => Error
  #Waiting!: new () => Error
  #Delayed!: new () => Error

  constructor(options: WorkingClientOptions) {
    this.#options = options
    this.#owner = new OwnerPort(options, (message) => this.#take(message))
  }

  async run(): Promise<void> {
    try {
      await this.#open()
    } catch (error) {
      this.break(error)
    }
  }

  break(error: unknown): void {
    this.#owner.post(brokenMessage(error))
    void this.#close(true)
  }

  async #open(): Promise<void> {
    const { url, queue, name, concurrency, lock, maxLost, limit, connectTimeout } = this.#options
    this.#redis = await connect(url, connectTimeout, 'spindle-worker')
    this.#cancelRedis = await connect(url, connectTimeout, 'spindle-cancel')
    const { DelayedError, UnrecoverableError, WaitingError, Worker } = loadBullMQ()
    this.#Unrecoverable = UnrecoverableError
    this.#Waiting = WaitingError
    this.#Delayed = DelayedError
    reportOutages(this.#redis, url, (message) => this.#owner.post({ kind: 'warning', message }))
    const warning = await evictionWarning(this.#redis).catch(() => undefined)
    if (warning !== undefined) this.#owner.post({ kind: 'warning', message: warning })
    const worker = new Worker(queue, (job, token) => this.#process(job, token ?? ''), {
      connection: this.#redis,
      name,
      concurrency,
      lockDuration: lock,
      stalledInterval: Math.max(50, Math.floor(lock / 3)),
      maxStalledCount: maxLost - 1,
      skipVersionCheck: true,
      autorun: false,
      ...(limit !== undefined && { limiter: limit }),
    })
    this.#worker = worker
    worker.on('error', (error) => {
      // Other errors are ignored: the client reconnects, and a lost lock is handled below.
      if (error instanceof SyntaxError)
        this.#owner.post({ kind: 'warning', message: `a job of this queue can't be read: ${error.message}` })
    })
    worker.on('lockRenewalFailed', (ids: string[]) => {
      for (const id of ids) this.#lose(id)
    })
    await onCancellations(this.#cancelRedis, worker.toKey('').slice(0, -1), (id) => this.#remember(id))
    void worker.run()
    this.#timer = setInterval(() => this.#ping(), Math.max(20, lock / 4))
    this.#owner.post({ kind: 'connected' })
  }

  async #process(job: Job, token: string): Promise<unknown> {
    const data = job.data as JobData
    const id = job.id as string // BullMQ gives each one
    if (this.#isPaused) return await this.#giveBack(job, token, false)
    if (this.#cancelled.has(id)) throw new this.#Unrecoverable(CANCELLED_REASON)
    const outcome = await new Promise<RunOutcome>((finish) => {
      const run: Run = { number: ++this.#last, job, finish }
      this.#runs.set(run.number, run)
      this.#runOf.set(id, run)
      const attempt = job.attemptsMade + 1
      const call = { kind: 'call', run: run.number, id, name: job.name, attempt, data } as const
      if (this.#runs.size === 1) this.#owner.post(call)
      else this.#owner.postSoon(call) // others come in the same turn: one wake-up for all costs much less
    })
    if (outcome.how === 'give-back') return await this.#giveBack(job, token, outcome.later)
    if (outcome.how === 'cancelled') throw new this.#Unrecoverable(CANCELLED_REASON)
    if (outcome.how === 'result') {
      const size = Buffer.byteLength(outcome.value)
      if (size <= INLINE_BYTES) return outcome.value
      this.#setField(id, RESULT_FIELD, outcome.value)
      return { bytes: size }
    }
    this.#setField(id, ERROR_FIELD, outcome.record)
    if (outcome.isFinal) throw new this.#Unrecoverable(outcome.message)
    throw new Error(outcome.message)
  }

  /**
   * Uses the connection that also writes the end of the job, before that is written: no client sees the end without it.
   */
  #setField(id: string, field: string, text: string): void {
    this.#redis.eval(SET_FIELD, 1, this.#worker?.toKey(id) ?? '', field, text).catch((error: Error) => {
      this.#owner.post({ kind: 'warning', message: `the end of ${id} could not be written: ${error.message}` })
    })
  }

  async #giveBack(job: Job, token: string, later: boolean): Promise<never> {
    if (later) {
      await job.moveToDelayed(Date.now() + LATER_MS, token)
      throw new this.#Delayed()
    }
    await job.moveToWait(token)
    throw new this.#Waiting()
  }

  #take(message: ToWorkingClient): void {
    if (message.kind === 'ended') {
      const run = this.#runs.get(message.run)
      if (run === undefined) return
      this.#runs.delete(message.run)
      if (this.#runOf.get(run.job.id as string) === run) this.#runOf.delete(run.job.id as string)
      run.finish(message.outcome)
    } else if (message.kind === 'progress') {
      const run = this.#runs.get(message.run)
      run?.job.updateProgress({ spindle: message.value }).catch(() => {}) // its job may be gone
    } else if (message.kind === 'pong') {
      this.#pongAt = Date.now()
      if (this.#isBlocked) this.#owner.post({ kind: 'warning', message: 'the loop runs again' })
      this.#isBlocked = false
    } else if (message.kind === 'pause') {
      this.#isPaused = true
      void this.#worker?.pause(true)
    } else void this.#close(false)
  }

  #remember(id: string): void {
    if (this.#cancel(id)) return
    clearTimeout(this.#cancelled.get(id))
    this.#cancelled.set(
      id,
      setTimeout(() => this.#cancelled.delete(id), KEEP_CANCELLATIONS_MS),
    )
  }

  #cancel(id: string): boolean {
    const run = this.#runOf.get(id)
    if (run === undefined) return false
    this.#owner.post({ kind: 'cancel', run: run.number, isLost: false })
    return true
  }

  /** The lock is gone. This worker itself may have received the call again since: the older run is the lost one. */
  #lose(id: string): void {
    for (const { job, number } of this.#runs.values())
      if (job.id === id) return this.#owner.post({ kind: 'cancel', run: number, isLost: true })
  }

  /** A loop that does not answer is blocked; only this thread can report it. */
  #ping(): void {
    const silent = Date.now() - this.#pongAt
    if (silent > this.#options.lock && !this.#isBlocked && this.#runs.size > 0) {
      this.#isBlocked = true
      writeSync(
        2,
        `spindle-worker: ${this.#blocker()} blocks the loop, for ${silent} ms now. Its lock is kept. ${ADVICE}\n`,
      )
    }
    this.#owner.post({ kind: 'ping' })
  }

  #blocker(): string {
    const current = this.#runs.get(Atomics.load(this.#options.current, 0))
    if (current !== undefined) return `${current.job.name}() (${current.job.id})`
    return `one of ${[...this.#runs.values()].map(({ job }) => `${job.name}()`).join(', ')}`
  }

  async #close(isBroken: boolean): Promise<void> {
    clearInterval(this.#timer)
    for (const timer of this.#cancelled.values()) clearTimeout(timer)
    if (this.#worker !== undefined && !isBroken) {
      const closed = this.#worker.close().then(() => true)
      if ((await within(FINISH_MS, closed)) === undefined) {
        const message = `Redis has not answered for ${FINISH_MS} ms: other workers run the last calls again`
        this.#owner.post({ kind: 'broken', message, isConnection: true })
      }
    }
    this.#cancelRedis?.disconnect()
    this.#redis?.disconnect()
    this.#owner.close()
  }
}

const ADVICE =
  'A coroutine that computes yields now and then (`yield* sleep(0)`), one that waits for a Future writes ' +
  '`yield* future` instead of `future.result()`; a plain function runs on a thread'
