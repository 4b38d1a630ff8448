// Takes jobs of the queue, by a Worker of BullMQ, and replies how their calls end.

import type { Job, Worker } from 'bullmq'
import { errorToText } from '../calls/error-text.ts'
import { type JobData, PROTOCOL_VERSION, RESULT_TTL } from '../calls/protocol.ts'
import { BLOCK_MS, ConnectFailure, loadBullMQ } from '../redis/connect.ts'
import { BEAT_MS } from '../redis/pulse.ts'
import { RedisClient } from '../redis/redis-client.ts'
import type { Reply, ReplyKind } from '../redis/scripts.ts'
import { within } from '../redis/within.ts'
import type { Misfit } from './functions.ts'
import { LockKeeper, runOf } from './lock-keeper.ts'
import type { WorkerHost } from './worker-host.ts'
import type { CheckedWorkerOptions } from './worker-options.ts'

const KEEP_CANCELLATIONS_MS = 2000 // a cancellation may arrive before its job
const LATER_MS = 300 // doubled each time a call is given back
const LATER_TIMES = 4
const EARLY_MS = 100 // by which machines may differ about the time of Redis
const FINISH_MS = 5000 // time to write the last results
const SWEEP_MS = 10_000
const RENEWALS = 8 // of a lock within its time: when Redis falls silent, no lock is much older than an eighth of it
const CUT_OFF = 0.75 // of the time of a lock without an answer of Redis
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
  #lent = 0 // slots of calls that wait for calls
  #most = Number.POSITIVE_INFINITY
  #isOpen = false
  #isPaused = false
  readonly #told = new Set<string>() // why calls were given back
  #sweeper: NodeJS.Timeout | undefined
  keeper: LockKeeper | undefined

  constructor(options: CheckedWorkerOptions, host: WorkerHost) {
    super(options)
    this.#options = options
    this.#host = host
  }

  /** @throws ConnectFailure that says what to do */
  async open(): Promise<void> {
    const { queue, prefix, name, concurrency, lock, maxLost } = this.#options
    await this.connect('spindle-worker', 'spindle-cancel')
    const { redis, second, scripts } = this
    const { Worker } = loadBullMQ()
    const process = (job: Job): Promise<string> => {
      worker.concurrency = this.#slots
      return this.#process(job)
    }
    const worker = new Worker(queue, process, {
      connection: redis,
      prefix,
      name,
      concurrency,
      lockDuration: lock,
      lockRenewTime: lock / RENEWALS,
      stalledInterval: Math.max(50, Math.floor(lock / 3)),
      maxStalledCount: maxLost - 1,
      autorun: false,
      drainDelay: BLOCK_MS / 1000,
      runRetryDelay: 1000,
      metrics: { maxDataPoints: METRICS_MINUTES },
    })
    this.#worker = worker
    worker.on('error', (error) => {
      this.#host.checkGlobals()
      if (error instanceof SyntaxError) this.warn(`a job of this queue can't be read: ${error.message}`)
      else this.trouble(error)
    })
    Object.defineProperty(worker.backend, 'maximumBlockTimeout', { value: BLOCK_MS / 1000 }) // else 10 s
    const waits = worker as unknown as { getBlockTimeout(until: number): number }
    const blockTimeout = waits.getBlockTimeout.bind(worker)
    waits.getBlockTimeout = (until) => blockTimeout(until && this.clock.toLocal(until))
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
    scripts.extendBullMQ()
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
    await this.#sweep()
    this.#sweeper = setInterval(() => void this.#sweep().catch(() => {}), SWEEP_MS)
    this.#isOpen = true
    void worker.run()
  }

  /** Ends the calls while no other worker can have them: Redis does not answer, and their locks expire soon. */
  protected override beat(silent: number): void {
    // After a coroutine has blocked the loop, an answer may be there that this thread has not read in one beat.
    if (silent >= Math.max(2 * BEAT_MS, CUT_OFF * this.#options.lock - BEAT_MS)) this.#host.cutOff()
  }

  /** Whether Redis answers, and calls can be fetched. */
  override get isWell(): boolean {
    const status = this.#fetching?.status ?? ''
    return super.isWell && /^(?:ready|connect)$/.test(status) // `connect`: of a cluster
  }

  #sweep(): Promise<unknown> {
    return this.scripts.sweep(this.#host.registered)
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
    if (data?.version === PROTOCOL_VERSION && !this.#isSigned(job, data))
      return this.#refuse(job, `the call ${id} of ${job.name}() is not signed with the secret of this worker`)
    const misfit = this.#host.misfitOf(job.name, Object(data) as Partial<JobData>)
    if (misfit !== undefined) return await this.#passOn(job, misfit)
    if (this.#isEarly(job)) return await this.#giveBack(job, true)
    const parents = data?.parents ?? []
    if (id.includes('/') || job.attemptsStarted > 1 || parents.length > 0 || this.#isLate(job)) {
      const begun = await this.scripts.begin(id, job.token as string, parents, replyOptions(data).ttl)
      if (begun === null) throw new (loadBullMQ().WaitingError)() // its lock expired on the way
      const [result, wasCancelled] = begun
      if (result !== null) return this.#reply(job, 'result', this.envelope.open(result, 'result', id, ''))
      if (wasCancelled.some((one) => this.#isCancellation(one))) return this.#reply(job, 'cancelled')
    }
    if (this.#cancelled.size > 0 && [id, ...parents].some((one) => this.#cancelled.has(one)))
      return this.#reply(job, 'cancelled')
    const outcome = await this.#host.run({
      run: runOf(job.token as string),
      id,
      name: job.name,
      attempt: job.attemptsMade + 1,
      begun: job.attemptsStarted,
      data: data as JobData,
      trace: job.opts.telemetry?.metadata,
      sendProgress: (text) => void this.#sendProgress(job, text),
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

  async #sendProgress(job: Job, text: string): Promise<void> {
    const reply = this.#replyTo(job, 'progress', text)
    if (reply === undefined) return
    const id = job.id as string
    await this.scripts.tell(id, ...reply).catch(({ message }: Error) => {
      this.warn(`the progress of ${id} could not be sent: ${message}`)
    })
  }

  /** A reply as the scripts take it; undefined if nobody waits for one. */
  #replyTo({ id = '', data }: Job, kind: ReplyKind, text: string): Reply | undefined {
    const { submitter, ttl } = replyOptions(data)
    if (submitter === '' && !id.includes('/')) return undefined
    const request = id.includes('/') ? '' : ((data as JobData | null)?.signature ?? '')
    return [kind, this.envelope.seal(text, kind, id, request), submitter, ttl]
  }

  #isSigned({ id = '', name, opts }: Job, { signature, ...data }: JobData): boolean {
    return this.envelope.isSame(signature, this.envelope.signCall(id, name, data, opts))
  }

  /** Whether it has come before its time, which is signed. Without a secret, it may have been promoted. */
  #isEarly({ opts: { delay = 0, timestamp = 0 }, attemptsMade }: Job): boolean {
    return this.envelope.isUsed && attemptsMade === 0 && this.clock.now() + EARLY_MS < timestamp + delay
  }

  /** Whether its lock may have expired on the way to this worker. */
  #isLate({ processedOn = 0 }: Job): boolean {
    return this.clock.now() - processedOn > this.#options.lock / 2
  }

  #isCancellation([id, proof]: readonly unknown[]): boolean {
    return this.envelope.accepts(String(proof), 'cancellation', id)
  }

  /** Gives a call back that this worker can't run, if another can. */
  async #passOn(job: TakenJob, { registered, error }: Misfit): Promise<never> {
    const { id = '', name } = job
    if (registered === undefined || (await this.scripts.hasWorkerFor(registered))) {
      const kind = registered ?? error.message
      if (!this.#told.has(kind)) this.warn(`calls are given back to other workers: ${error.message}`)
      this.#told.add(kind)
      this.#options.onEvent({ event: 'given-back', id, name })
      return await this.#giveBack(job, true)
    }
    return this.#refuse(job, error.message, errorToText(error, 'unknown:'))
  }

  #refuse(job: TakenJob, error: string, record?: string): never {
    this.#options.onEvent({ event: 'failed', id: job.id as string, name: job.name, error })
    return this.#fail(job, 'error', JSON.stringify({ message: error, record }), error)
  }

  async #giveBack(job: Job, later: boolean): Promise<never> {
    const { token, attemptsStarted } = job
    const pause = LATER_MS * 2 ** Math.min(attemptsStarted - 1, LATER_TIMES)
    await (later ? job.moveToDelayed(Date.now() + pause, token) : job.moveToWait(token))
    throw new (loadBullMQ().WaitingError)() // BullMQ then leaves the job alone
  }

  #onCancellations(text: string): void {
    let ids: unknown
    try {
      ids = JSON.parse(text)
    } catch {} // not a message from Spindle
    if (!Array.isArray(ids)) return
    for (const sent of ids) {
      if (!Array.isArray(sent) || !this.#isCancellation(sent)) continue
      const id = String(sent[0])
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

  /** Adds slots for calls. */
  async lend(slots: number): Promise<void> {
    const isMore = slots > this.#lent
    this.#lent = slots
    await this.#adjust(isMore)
  }

  /** Takes at most so many calls at once, besides those of slots that are lent; 0: no calls. */
  async limit(most: number): Promise<void> {
    this.#most = most
    await this.#adjust(true)
  }

  get #slots(): number {
    return Math.max(1, Math.min(this.#options.concurrency, this.#most) + this.#lent)
  }

  /** BullMQ reads the number of slots when a call ends, or when it resumes. */
  async #adjust(isMore: boolean): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || this.#isPaused) return
    worker.concurrency = this.#slots
    if (!isMore) return
    await worker.pause(true)
    if (!this.#isPaused && this.#most > 0) await worker.resume()
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
