// Takes jobs of the queue, by a Worker of BullMQ, and replies how their calls end.

import type { Job, Worker } from 'bullmq'
import { type JobData, RESULT_TTL } from '../calls/protocol.ts'
import { BLOCK_MS, ConnectFailure, loadBullMQ } from '../redis/connect.ts'
import { RedisClient } from '../redis/redis-client.ts'
import type { Reply, ReplyKind } from '../redis/scripts.ts'
import { within } from '../redis/within.ts'
import { LockKeeper, runOf } from './lock-keeper.ts'
import type { WorkerHost } from './worker-host.ts'
import type { CheckedWorkerOptions } from './worker-options.ts'

const KEEP_CANCELLATIONS_MS = 2000 // a cancellation may arrive before its job
const LATER_MS = 300
const FINISH_MS = 5000 // time to write the last results
const SWEEP_MS = 10_000
const METRICS_MINUTES = 24 * 60

/** A job of this worker. */
interface TakenJob extends Job {
  /** The message of BullMQ if its workers were lost too often. */
  lost?: string
  /** The reply that the script which ends it sends. */
  ending?: [token: string, ...Reply]
}

export class JobTaker extends RedisClient {
  readonly #options: CheckedWorkerOptions
  readonly #host: WorkerHost
  readonly #cancelled = new Set<string>() // ids, for a while
  #worker: Worker | undefined
  #fetching: { readonly status: string; disconnect(): void } | undefined // on which the worker waits for jobs
  #concurrency: number
  #isOpen = false
  #isPaused = false
  #sweeper: NodeJS.Timeout | undefined
  keeper: LockKeeper | undefined

  constructor(options: CheckedWorkerOptions, host: WorkerHost) {
    super(options)
    this.#options = options
    this.#concurrency = options.concurrency
    this.#host = host
  }

  /** @throws ConnectFailure that says what to do */
  async open(): Promise<void> {
    const { queue, prefix, name, concurrency, lock, maxLost } = this.#options
    await this.connect('spindle-worker', 'spindle-cancel')
    const { redis, second, scripts } = this
    const { Worker } = loadBullMQ()
    const process = (job: Job): Promise<string> => {
      worker.concurrency = this.#concurrency
      return this.#process(job)
    }
    const worker = new Worker(queue, process, {
      connection: redis,
      prefix,
      name,
      concurrency,
      lockDuration: lock,
      stalledInterval: Math.max(50, Math.floor(lock / 3)),
      maxStalledCount: maxLost - 1,
      autorun: false,
      drainDelay: BLOCK_MS / 1000,
      runRetryDelay: 1000,
      metrics: { maxDataPoints: METRICS_MINUTES },
    })
    this.#worker = worker
    worker.on('error', (error) => {
      if (error instanceof SyntaxError) this.warn(`a job of this queue can't be read: ${error.message}`)
      else this.trouble(error)
    })
    Object.defineProperty(worker.backend, 'maximumBlockTimeout', { value: BLOCK_MS / 1000 }) // else 10 s
    // BullMQ would fail it by itself, and remove it before it could be replied.
    worker.on('active', (job: TakenJob) => {
      // BullMQ would fetch another job before it starts this one. Without a free slot, it starts it at once.
      if (this.#host.isIdle) worker.concurrency = 1
      if (job.deferredFailure === undefined) return
      job.lost = job.deferredFailure
      job.deferredFailure = undefined as never // it is optional
    })
    worker.on('lockRenewalFailed', (ids: string[]) => {
      for (const id of ids) this.#host.cancel(id, 'lost')
    })
    second.on('message', (_channel: string, text: string) => this.#onCancellations(text))
    this.keeper = new LockKeeper(this.#options, worker.id)
    await this.check(worker)
    scripts.replyAtEnd()
    const backend = worker.backend as unknown as {
      moveToFinishedArgs: (job: TakenJob, ...rest: unknown[]) => unknown[]
    }
    const argsOf = backend.moveToFinishedArgs.bind(backend)
    backend.moveToFinishedArgs = (job, ...rest) => {
      const args = argsOf(job, ...rest)
      if (job.ending !== undefined) args.push(...job.ending)
      return args
    }
    this.#fetching = await worker.backend.blockingClient
    await second.subscribe(scripts.cancellations) // and again by itself after each reconnect
    // On a busy machine the thread starts late, and a coroutine that blocks would lose its lock.
    await within(this.#options.connectTimeout, this.keeper.ready)
    if (this.isOver) return
    this.#sweeper = setInterval(() => void scripts.sweep().catch(() => {}), SWEEP_MS)
    this.#isOpen = true
    void worker.run()
  }

  /** Whether Redis answers, and calls can be fetched. */
  override get isWell(): boolean {
    const status = this.#fetching?.status ?? ''
    return super.isWell && /^(?:ready|connect)$/.test(status) // `connect`: of a cluster
  }

  protected warn(message: string): void {
    this.#host.warn(message)
  }

  async #process(job: TakenJob): Promise<string> {
    const data = job.data as JobData | null
    const id = job.id as string // BullMQ gives each one
    const { lost } = job
    if (lost !== undefined) {
      const reason = await this.scripts.reasonOfLoss(id)
      return this.#fail(job, 'lost', reason === undefined ? lost : `${lost}. ${reason}`, lost)
    }
    if (!this.signer.acceptsCall(job.name, data ?? {})) {
      const message = `the call ${id} of ${job.name}() is not signed with the secret of this worker`
      return this.#fail(job, 'error', JSON.stringify({ message }), message)
    }
    const parents = data?.parents ?? []
    if (id.includes('/') || job.attemptsStarted > 1 || parents.length > 0) {
      const [result, wasCancelled] = await this.scripts.begin(id, parents, replyOptions(data).ttl)
      if (result !== null) return this.#reply(job, 'result', this.signer.open(id, 'result', result))
      if (wasCancelled !== null) return this.#reply(job, 'cancelled')
    }
    if (this.#cancelled.size > 0 && [id, ...parents].some((one) => this.#cancelled.has(one)))
      return this.#reply(job, 'cancelled')
    const outcome = await this.#host.run({
      run: runOf(job.token as string),
      id,
      name: job.name,
      attempt: job.attemptsMade + 1,
      data: data as JobData,
      trace: job.opts.telemetry?.metadata,
      tell: (kind, text) => void this.#tell(job, kind, text),
    })
    if (outcome.how === 'give-back') return await this.#giveBack(job, outcome.later)
    if (outcome.how === 'cancelled') return this.#reply(job, 'cancelled')
    if (outcome.how === 'result') return this.#reply(job, 'result', outcome.value)
    const { message, record } = outcome
    if (job.attemptsMade + 1 < (job.opts.attempts ?? 1)) throw new Error(message)
    return this.#fail(job, 'error', JSON.stringify({ message, record }), message)
  }

  #fail(job: TakenJob, kind: ReplyKind, text: string, message: string): never {
    this.#reply(job, kind, text)
    throw new (loadBullMQ().UnrecoverableError)(message)
  }

  /** The job ends with this reply to all waiters of its call. Returns the result of the job, which is not read. */
  #reply(job: TakenJob, kind: ReplyKind, text = ''): string {
    const reply = this.#replyTo(job, kind, text)
    if (reply !== undefined) job.ending = [job.token as string, ...reply]
    return kind
  }

  async #tell(job: Job, kind: ReplyKind, text = ''): Promise<void> {
    const reply = this.#replyTo(job, kind, text)
    if (reply === undefined) return
    const id = job.id as string
    await this.scripts.tell(id, ...reply).catch(({ message }: Error) => {
      this.warn(`the ${kind} of ${id} could not be replied: ${message}`)
    })
  }

  /** A reply as the scripts take it; undefined if nobody waits for one. */
  #replyTo({ id = '', data }: Job, kind: ReplyKind, text: string): Reply | undefined {
    const { submitter, ttl } = replyOptions(data)
    if (submitter === '' && !id.includes('/')) return undefined
    return [kind, this.signer.seal(id, kind, text), submitter, ttl]
  }

  async #giveBack(job: Job, later: boolean): Promise<never> {
    const { token } = job
    await (later ? job.moveToDelayed(Date.now() + LATER_MS, token) : job.moveToWait(token))
    throw new (loadBullMQ().WaitingError)() // BullMQ then leaves the job alone
  }

  #onCancellations(text: string): void {
    let ids: unknown
    try {
      ids = JSON.parse(text)
    } catch {} // not a message from Spindle
    if (!Array.isArray(ids)) return
    for (const id of ids.map(String)) {
      if (this.#host.cancel(id, 'cancelled') && id.includes('/')) continue // a key may be used again at once
      this.#cancelled.add(id)
      setTimeout(() => this.#cancelled.delete(id), KEEP_CANCELLATIONS_MS).unref()
    }
  }

  /** Takes no new calls. */
  pause(): void {
    this.#isPaused = true
    void this.#worker?.pause(true)
  }

  /** Adds slots for calls. BullMQ reads the new number when a call ends, or when it resumes. */
  async lend(slots: number): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || this.#isPaused) return
    const concurrency = this.#options.concurrency + slots
    const isMore = concurrency > this.#concurrency
    this.#concurrency = worker.concurrency = concurrency
    if (!isMore) return
    await worker.pause(true)
    if (!this.#isPaused) await worker.resume()
  }

  /** @throws ConnectFailure if the last results could not be written */
  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    const closed = this.#worker?.close(!this.#isOpen).then(() => true)
    const isClosed = !this.#isOpen || (await within(FINISH_MS, closed as Promise<true>))
    this.keeper?.close()
    this.#fetching?.disconnect()
    this.disconnect()
    if (isClosed) return
    throw new ConnectFailure(`Redis has not answered for ${FINISH_MS} ms: other workers run the last calls again`)
  }
}

/** The submitter that waits for replies, and how many ms they are kept. Redis refuses to end a job with wrong ones. */
function replyOptions(data: unknown): { readonly submitter: string; readonly ttl: number } {
  const { replyTo, resultTtl } = Object(data) as Readonly<Record<keyof JobData, unknown>>
  return {
    submitter: typeof replyTo === 'string' ? replyTo : '',
    ttl: Number.isSafeInteger(resultTtl) && Number(resultTtl) > 0 ? Number(resultTtl) : RESULT_TTL,
  }
}
