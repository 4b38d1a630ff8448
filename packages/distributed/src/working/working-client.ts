// The client thread of a worker: a BullMQ Worker whose jobs run on the worker's own thread. This thread renews the
// locks, even while the worker's thread is blocked.

import { writeSync } from 'node:fs'
import type { Job, Worker } from 'bullmq'
import { fromModule } from 'spindle/thread'
import {
  type FromWorkingClient,
  type JobData,
  RESULT_TTL,
  type RunOutcome,
  type ToWorkingClient,
} from '../calls/protocol.ts'
import type { ClientPort } from '../redis/client-thread.ts'
import { BLOCK_MS, loadBullMQ } from '../redis/connect.ts'
import type { Connection } from '../redis/connection-options.ts'
import { RedisClient } from '../redis/redis-client.ts'
import type { ReplyKind } from '../redis/scripts.ts'
import { within } from '../redis/within.ts'

export interface WorkingClientOptions extends ClientPort, Connection {
  readonly name: string
  readonly concurrency: number
  readonly lock: number
  readonly maxLost: number
  /** The run whose coroutine is on the stack; and whether it is written down why the worker dies. */
  readonly current: Int32Array
}

/** Runs on the client thread until it receives the message to close. */
export async function runWorkingClient(options: WorkingClientOptions): Promise<void> {
  await new WorkingClient(options).run()
}

fromModule(import.meta, runWorkingClient)

const KEEP_CANCELLATIONS_MS = 2000 // a cancellation may arrive before its job
const LATER_MS = 300
const TELL_AFTER_MS = 20 // that a call runs; shorter calls cost one script less, because their result says it
const FINISH_MS = 5000 // time to write the last results
const SWEEP_MS = 10_000
const HEALTH_MS = 500
const METRICS_MINUTES = 24 * 60

interface Run {
  readonly number: number
  readonly job: Job
  readonly token: string
  readonly finish: (outcome: RunOutcome) => void
}

class WorkingClient extends RedisClient<ToWorkingClient, FromWorkingClient> {
  readonly #options: WorkingClientOptions
  readonly #runs = new Map<number, Run>()
  readonly #cancelled = new Map<string, NodeJS.Timeout>() // ids, for a while
  readonly #lost = new WeakMap<Job, string>() // whose workers were lost too often, and what BullMQ says of them
  #worker: Worker | undefined
  #last = 0
  #isPaused = false
  #isWell = true
  #timers: NodeJS.Timeout[] = []
  #unanswered = 0
  #isBlocked = false

  constructor(options: WorkingClientOptions) {
    super(options)
    this.#options = options
  }

  protected async open(): Promise<void> {
    const { queue, prefix, name, concurrency, lock, maxLost } = this.#options
    await this.connect('spindle-worker', 'spindle-cancel')
    const { redis, second, scripts } = this
    const { Worker } = loadBullMQ()
    const worker = new Worker(queue, (job, token) => this.#process(job, token ?? ''), {
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
      else this.watch.trouble(error)
    })
    Object.defineProperty(worker.backend, 'maximumBlockTimeout', { value: BLOCK_MS / 1000 }) // else 10 s
    // BullMQ would fail it by itself, and remove it before it could be replied.
    worker.on('active', (job) => {
      if (job.deferredFailure === undefined) return
      this.#lost.set(job, job.deferredFailure)
      job.deferredFailure = undefined as never // it is optional
    })
    worker.on('lockRenewalFailed', (ids: string[]) => {
      for (const id of ids) this.#lose(id)
    })
    second.on('message', (_channel: string, text: string) => this.#onCancellations(text))
    await this.check(worker)
    await second.subscribe(scripts.cancellations) // and again by itself after each reconnect
    void worker.run()
    this.#timers = [
      setInterval(() => this.#ping(), this.#pingEach),
      setInterval(() => void scripts.sweep().catch(() => {}), SWEEP_MS),
      setInterval(() => void this.#reportHealth(), HEALTH_MS),
    ]
    this.owner.post({ kind: 'health', isWell: true })
  }

  async #process(job: Job, token: string): Promise<string> {
    const data = job.data as JobData | null
    const id = job.id as string // BullMQ gives each one
    if (this.#isPaused) return await this.#giveBack(job, token, false)
    const lost = this.#lost.get(job)
    if (lost !== undefined) return await this.#fail(job, token, 'lost', await this.#describeLoss(id, lost), lost)
    const { signature, ...signed } = (data ?? {}) as Partial<JobData>
    if (!this.signer.accepts([job.name, signed], signature)) {
      const message = `the call ${id} of ${job.name}() is not signed with the secret of this worker`
      return await this.#fail(job, token, 'error', JSON.stringify({ message }), message)
    }
    const { parents = [], resultTtl = RESULT_TTL } = signed
    if (id.includes('/') || job.attemptsStarted > 1 || parents.length > 0) {
      const [result, wasCancelled] = await this.scripts.begin(id, parents, resultTtl)
      if (result !== null) return await this.#reply(job, token, 'result', this.signer.open(id, 'result', result))
      if (wasCancelled !== null) return await this.#reply(job, token, 'cancelled')
    }
    if ([id, ...parents].some((one) => this.#cancelled.has(one))) return await this.#reply(job, token, 'cancelled')
    const tell = (): void => void this.#reply(job, token, 'active')
    const telling = data?.repliesStart ? setTimeout(tell, TELL_AFTER_MS) : undefined
    const outcome = await new Promise<RunOutcome>((finish) => {
      const run: Run = { number: ++this.#last, job, token, finish }
      this.#runs.set(run.number, run)
      const attempt = job.attemptsMade + 1
      const trace = job.opts.telemetry?.metadata
      const call = { kind: 'call', run: run.number, id, name: job.name, attempt, data: data as JobData, trace } as const
      this.owner.post(call)
    })
    clearTimeout(telling)
    if (outcome.how === 'give-back') return await this.#giveBack(job, token, outcome.later)
    if (outcome.how === 'cancelled') return await this.#reply(job, token, 'cancelled')
    if (outcome.how === 'result') return await this.#reply(job, token, 'result', outcome.value)
    const { message, record } = outcome
    if (job.attemptsMade + 1 < (job.opts.attempts ?? 1)) throw new Error(message)
    return await this.#fail(job, token, 'error', JSON.stringify({ message, record }), message)
  }

  async #fail(job: Job, token: string, kind: ReplyKind, text: string, message: string): Promise<never> {
    await this.#reply(job, token, kind, text)
    throw new (loadBullMQ().UnrecoverableError)(message)
  }

  /**
   * Sends a reply to all waiters of a call. The end of a job is written after its reply, so that no reader sees the end
   * without it. Returns the result of the job, which is not read.
   */
  async #reply(job: Job, token: string, kind: ReplyKind, text = ''): Promise<string> {
    const { replyTo = '', resultTtl = RESULT_TTL } = (job.data as Partial<JobData> | null) ?? {}
    const id = job.id as string
    try {
      if (replyTo === '' && !id.includes('/')) return kind
      const sealed = this.signer.seal(id, kind, text)
      await this.scripts.reply(id, token, kind, sealed, replyTo, resultTtl)
    } catch (error) {
      const { message } = error as Error
      this.warn(`the ${kind} of ${id} could not be replied: ${message}`)
    }
    return kind
  }

  /** Why the workers of a job were lost, if the last one knew: it was written to the log of the job. */
  async #describeLoss(id: string, lost: string): Promise<string> {
    const [log] = await this.redis.lrange(`${this.scripts.job(id)}:logs`, -1, -1)
    return log === undefined ? lost : `${lost}. ${log}`
  }

  /** This thread lives on while that of the worker waits for this, to die. */
  async #writeDown(message: string): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ job }) => job.log(message))).catch(() => {})
    Atomics.store(this.#options.current, 1, 1)
    Atomics.notify(this.#options.current, 1)
  }

  async #giveBack(job: Job, token: string, later: boolean): Promise<never> {
    if (later) {
      await job.moveToDelayed(Date.now() + LATER_MS, token)
      throw new (loadBullMQ().DelayedError)()
    }
    await job.moveToWait(token)
    throw new (loadBullMQ().WaitingError)()
  }

  protected take(message: ToWorkingClient): void {
    if (message.kind === 'ended') {
      const run = this.#runs.get(message.run)
      if (run === undefined) return
      this.#runs.delete(message.run)
      run.finish(message.outcome)
    } else if (message.kind === 'progress') {
      const run = this.#runs.get(message.run)
      if (run !== undefined) void this.#reply(run.job, run.token, 'progress', message.value)
    } else if (message.kind === 'pong') {
      this.#unanswered = 0
      if (this.#isBlocked) this.warn('the loop runs again')
      this.#isBlocked = false
    } else if (message.kind === 'lent') {
      void this.#lend(message.slots)
    } else if (message.kind === 'dying') {
      void this.#writeDown(message.message)
    } else if (message.kind === 'pause') {
      this.#isPaused = true
      void this.#worker?.pause(true)
    } else void this.close()
  }

  /** BullMQ looks at the new number when a call ends, or when it resumes. */
  async #lend(slots: number): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || this.#isPaused) return
    const concurrency = this.#options.concurrency + slots
    const isMore = concurrency > worker.concurrency
    worker.concurrency = concurrency
    if (!isMore) return
    await worker.pause(true)
    if (!this.#isPaused) await worker.resume()
  }

  /** Well is a worker that Redis answers, and that can fetch calls. */
  async #reportHealth(): Promise<void> {
    const fetching = await this.#worker?.backend.blockingClient
    const isWell = this.watch.isWell && /^(?:ready|connect)$/.test(fetching?.status ?? '') // of a cluster
    if (isWell !== this.#isWell) this.owner.post({ kind: 'health', isWell })
    this.#isWell = isWell
  }

  #onCancellations(text: string): void {
    let message: { readonly mode?: unknown; readonly ids?: unknown }
    try {
      message = Object(JSON.parse(text))
    } catch {
      return // not a message from Spindle
    }
    if (Array.isArray(message.ids)) for (const id of message.ids) this.#cancel(String(id), message.mode === 'stop')
  }

  /** Cancels a call with the calls that it has made, or requests it alone to stop. */
  #cancel(id: string, isStop: boolean): void {
    let runsHere = false
    for (const { number, job } of this.#runs.values()) {
      if (job.id !== id && (isStop || !(job.data as JobData | null)?.parents?.includes(id))) continue
      runsHere ||= job.id === id
      this.owner.post({ kind: 'cancel', run: number, isLost: false })
    }
    if (isStop || (runsHere && id.includes('/'))) return // a key may be used again at once
    clearTimeout(this.#cancelled.get(id))
    const forget = setTimeout(() => this.#cancelled.delete(id), KEEP_CANCELLATIONS_MS)
    this.#cancelled.set(id, forget)
  }

  /** Subscriptions send nothing by themselves: a dead connection is found because it does not answer. */
  protected tick(): void {
    this.second.ping().catch(() => {})
  }

  /** The lock is gone. This worker itself may have received the call again since: the older run is the lost one. */
  #lose(id: string): void {
    for (const { job, number } of this.#runs.values())
      if (job.id === id) return this.owner.post({ kind: 'cancel', run: number, isLost: true })
  }

  get #pingEach(): number {
    return Math.max(20, this.#options.lock / 4)
  }

  /** A loop that does not answer is blocked; only this thread can report it. */
  #ping(): void {
    // Counted in pings: while the process was stopped, the loop was not blocked.
    const silent = this.#unanswered++ * this.#pingEach
    if (silent > this.#options.lock && !this.#isBlocked && this.#runs.size > 0) {
      this.#isBlocked = true
      writeSync(
        2,
        `spindle-worker: ${this.#blocker()} blocks the loop, for ${silent} ms now. Its lock is kept. ${ADVICE}\n`,
      )
    }
    this.owner.post({ kind: 'ping' })
  }

  #blocker(): string {
    const current = this.#runs.get(Atomics.load(this.#options.current, 0))
    if (current !== undefined) return `${current.job.name}() (${current.job.id})`
    return `one of ${[...this.#runs.values()].map(({ job }) => `${job.name}()`).join(', ')}`
  }

  protected async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const timer of this.#cancelled.values()) clearTimeout(timer)
    if (this.#worker !== undefined && !this.isBroken) {
      const closed = this.#worker.close().then(() => true)
      if ((await within(FINISH_MS, closed)) === undefined) {
        const message = `Redis has not answered for ${FINISH_MS} ms: other workers run the last calls again`
        this.owner.post({ kind: 'broken', message, isConnection: true })
      }
    }
    this.owner.close() // and the connections with the thread
  }
}

const ADVICE =
  'A coroutine that computes yields now and then (`yield* sleep(0)`), one that waits for a Future writes ' +
  '`yield* future` instead of `future.result()`; a plain function runs on a thread'
