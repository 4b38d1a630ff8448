// The client thread of a submitter. A reply of its worker ends a call. If no reply comes for long, or since another
// server replaced Redis, the thread looks for the job of the call.

import { setImmediate } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import { reasonOf } from 'spindle/internal/thread'
import { fromModule } from 'spindle/thread'
import type { FromSubmittingClient, JobRequest, Outcome, ToSubmittingClient } from '../calls/protocol.ts'
import { type ClientPort, OwnerPort } from '../redis/client-thread.ts'
import { ConnectFailure, loadBullMQ } from '../redis/connect.ts'
import type { Connection } from '../redis/connection-options.ts'
import { BEAT_MS } from '../redis/pulse.ts'
import { RedisClient } from '../redis/redis-client.ts'
import { GONE, OTHERS_WAIT, REMOVED, RUNS } from '../redis/scripts.ts'
import { addressOf } from '../redis/server-of.ts'
import { within } from '../redis/within.ts'
import { type AdderOwner, type Entry, JobAdder, type JobSettings } from './job-adder.ts'
import { jobOutcome, OUTCOME_FIELDS } from './job-outcome.ts'
import { readStatus } from './read-status.ts'
import { type Reply, ReplyStream } from './reply-stream.ts'

export interface SubmittingClientOptions extends ClientPort, JobSettings, Connection {}

/** Runs on the client thread until it receives the message to close. */
export async function runSubmittingClient(options: SubmittingClientOptions): Promise<void> {
  await new SubmittingClient(options).run()
}

fromModule(import.meta, runSubmittingClient)

const ASK_AFTER_TICKS = 8 // without a word of a job
const ASK_AT_ONCE = 100
const CANCEL_AGAIN_TICKS = 5 // the worker that had the call may be gone, or may have missed the message
const CANCEL_AT_ONCE = 500 // Redis does nothing else meanwhile, for about 2 ms
const ENDS = new Set<unknown>([GONE, OTHERS_WAIT, REMOVED]) // else its worker says when it has ended
const WARN_AFTER_MS = 10_000
const RECONNECT_FACTOR = 6 // a server that was there may start again, or another take its place
const FINISH_MS = 2000

class SubmittingClient extends RedisClient implements AdderOwner {
  readonly #owner: OwnerPort<ToSubmittingClient, FromSubmittingClient>
  readonly settings: SubmittingClientOptions
  readonly #entries = new Map<number, Entry>() // by each call that waits
  readonly #cancelled = new Set<Entry>() // until they end
  readonly toAdd: Entry[] = []
  #toCancel: Entry[] = []
  #isCancelling = false
  readonly #underway = new Set<Promise<void>>()
  queue!: Queue
  #replies!: ReplyStream
  #adder!: JobAdder
  #server = '' // the id of its run
  #isOpen = false
  #isBroken = false
  #opened: Promise<void> | undefined
  #isClosing = false
  #hasSeenWork = false
  #ticks = 0 // of the watch: a machine that was asleep has missed no answer
  #warner: NodeJS.Timeout | undefined

  constructor(options: SubmittingClientOptions) {
    super(options)
    this.settings = options
    const afterBatch = (): void => void (this.#isOpen && this.#flush())
    this.#owner = new OwnerPort(options, (message) => this.#take(message), afterBatch)
  }

  /** Serves its owner until that has it close. */
  async run(): Promise<void> {
    process.on('uncaughtException', (error) => this.#break(error))
    this.#opened = this.#open()
    await this.#opened.catch((error) => this.#break(error))
  }

  /** It can't continue. */
  #break(error: unknown): void {
    this.#owner.post({ kind: 'broken', message: reasonOf(error), isConnection: error instanceof ConnectFailure })
    this.#isBroken = true
    void this.#close()
  }

  protected warn(message: string): void {
    this.#owner.post({ kind: 'warning', message })
  }

  async #open(): Promise<void> {
    const { queue, prefix, submitter } = this.settings
    await this.connect('spindle-submitter', 'spindle-replies')
    const { Queue } = loadBullMQ()
    if (this.#isBroken) return void this.#close() // while it connected
    this.queue = new Queue(queue, { connection: this.redis, prefix })
    this.queue.on('error', (error) => this.watch.trouble(error))
    await this.check(this.queue)
    const begin = performance.now()
    this.#server = await this.#runId()
    const roundTrip = performance.now() - begin
    const { redis, second, scripts } = this
    this.#adder = new JobAdder(this, roundTrip)
    this.#replies = new ReplyStream(second, redis, scripts.replies(submitter), (reply) => this.#onReply(reply))
    void this.#replies.run()
    redis.on('ready', () => void this.#checkServer())
    this.#isOpen = true
    this.#warner = setTimeout(() => void this.#warnIfNoWorker(), WARN_AFTER_MS)
    this.#flush()
    if (this.#isClosing) void this.#close()
  }

  async #runId(): Promise<string> {
    return /run_id:(\w+)/.exec(await this.redis.info('server'))?.[1] ?? ''
  }

  /** Another server may know nothing of the calls, or only some of them. */
  async #checkServer(): Promise<void> {
    const server = await this.#runId().catch(() => undefined)
    if (server === undefined || server === this.#server) return
    this.#server = server
    this.#replies.restart()
    await this.#askFor([...this.#entries.values()].filter(({ state }) => state === 'added'))
  }

  waiterOf({ call }: Entry): string {
    return `${this.settings.submitter}-${call}`
  }

  #jobOf(entry: Entry): string {
    return entry.key ?? this.waiterOf(entry)
  }

  added(entry: Entry, isActive: boolean): void {
    if (entry.state !== 'adding') return // its reply came first
    entry.state = 'added'
    entry.heardAt = this.#ticks
    if (entry.isCancelled) this.#cancelEntry(entry)
    else if (isActive) this.#onActive(entry)
  }

  drain(): Promise<void> {
    return this.#replies.drain()
  }

  removeAgain(entry: Entry): void {
    this.#cancelIn('cancel', [entry]).catch(() => {})
  }

  #onReply({ id, kind, text: sealed }: Reply): void {
    this.#hasSeenWork = true
    const entry = this.#entries.get(Number(id.slice(this.settings.submitter.length + 1)))
    if (entry === undefined) return // its end was replied before, by a worker that was lost
    entry.heardAt = this.#ticks
    try {
      const text = this.signer.open(this.#jobOf(entry), kind, sealed)
      if (kind === 'active') this.#onActive(entry)
      else if (kind === 'progress') this.#owner.post({ kind, call: entry.call, value: text })
      else if (kind === 'cancelled') this.end(entry, { how: 'cancelled' })
      else if (kind === 'result') this.end(entry, { how: kind, value: text })
      else if (kind === 'lost') this.end(entry, { how: 'worker-lost', message: text })
      else if (kind === 'error') this.end(entry, { how: kind, ...(JSON.parse(text) as ErrorReply) })
    } catch (error) {
      this.end(entry, { how: 'error', message: (error as Error).message, record: undefined })
    }
  }

  #onActive(entry: Entry): void {
    if (entry.isCancelled)
      this.#cancelEntry(entry) // the worker that has it now may not know
    else this.#owner.post({ kind: 'active', call: entry.call })
  }

  end(entry: Entry, outcome: Outcome): void {
    if (entry.state === 'ended') return
    entry.state = 'ended'
    clearTimeout(entry.timer)
    this.#cancelled.delete(entry)
    this.#entries.delete(entry.call)
    this.#owner.post({ kind: 'ended', call: entry.call, outcome })
  }

  #take(message: ToSubmittingClient): void {
    if (message.kind === 'submit') this.#submit(message)
    else if (message.kind === 'cancel') this.#cancel(message.call)
    else if (message.kind === 'ask') void this.#answer(message)
    else {
      this.#isClosing = true
      if (this.#isOpen || this.#entries.size === 0) void this.#close()
    }
  }

  #submit(request: JobRequest): void {
    const { call, name, options } = request
    const entry: Entry = {
      call,
      key: options?.key === undefined ? undefined : `${name}/${options.key}`,
      request,
      state: 'adding',
      isCancelled: false,
      heardAt: this.#ticks,
      timer: undefined,
    }
    this.#entries.set(call, entry)
    this.toAdd.push(entry)
    if (options?.expiresAt !== undefined)
      entry.timer = setTimeout(() => void this.#expire(entry), Math.min(options.expiresAt - Date.now(), 2 ** 31 - 1))
  }

  #cancel(call: number): void {
    const entry = this.#entries.get(call)
    if (entry === undefined || entry.isCancelled) return
    entry.isCancelled = true
    this.#cancelled.add(entry)
    if (entry.state === 'added') this.#cancelEntry(entry)
    else if (entry.request !== undefined) this.end(entry, { how: 'cancelled' }) // else `added` checks again
  }

  #cancelEntry(entry: Entry): void {
    this.#toCancel.push(entry)
    if (!this.#isCancelling) this.#follow(this.#sendCancellations())
  }

  #flush(): void {
    while (this.#adder.mayAdd()) this.#follow(this.#add())
  }

  async #add(): Promise<void> {
    await this.#adder.add()
    if (this.#isOpen && !this.#isBroken) this.#flush()
  }

  /** Closing waits for it. */
  #follow(work: Promise<void>): void {
    this.#underway.add(work)
    void work.finally(() => this.#underway.delete(work))
  }

  /** Sends the workers the cancellations made just before closing. Limited in time, as Redis may be gone. */
  async #finish(): Promise<void> {
    const deadline = Date.now() + FINISH_MS
    while (this.#underway.size > 0 || this.toAdd.length > 0) {
      this.#flush()
      const rest = deadline - Date.now()
      if (rest <= 0) return
      await within(rest, Promise.all(this.#underway))
    }
  }

  /**
   * Removes waiting jobs, and sends the cancellation of other jobs to the workers. The slices go one after the other,
   * so that other commands of this connection go between them.
   */
  async #sendCancellations(): Promise<void> {
    this.#isCancelling = true
    await setImmediate() // calls that are cancelled together go together
    while (this.#toCancel.length > 0) {
      const all = this.#toCancel
      this.#toCancel = []
      for (let start = 0; start < all.length; start += CANCEL_AT_ONCE) {
        const slice = all.slice(start, start + CANCEL_AT_ONCE).filter(({ state }) => state === 'added')
        await this.#cancelSlice(slice).catch(() => {}) // calls that have not ended are sent again
      }
    }
    this.#isCancelling = false
  }

  async #cancelSlice(slice: readonly Entry[]): Promise<void> {
    const answers = await this.#cancelIn('cancel', slice)
    if (answers.includes(GONE)) await this.drain() // they have ended
    for (const [index, entry] of slice.entries()) if (ENDS.has(answers[index])) this.end(entry, { how: 'cancelled' })
  }

  #cancelIn(mode: 'cancel' | 'expire', entries: readonly Entry[]): Promise<number[]> {
    const callOf = (entry: Entry): string => (entry.key === undefined ? '' : this.waiterOf(entry))
    return this.scripts.cancel(
      mode,
      entries.map((entry) => `${callOf(entry)}|${this.#jobOf(entry)}`),
    )
  }

  async #expire(entry: Entry): Promise<void> {
    const outcome = { how: 'expired' } as const
    if (entry.state === 'adding') return this.end(entry, outcome)
    try {
      const [answer] = await this.#cancelIn('expire', [entry])
      if (answer !== RUNS && answer !== GONE) this.end(entry, outcome)
    } catch {} // it waits on: a worker that takes it sees that it is too late
  }

  protected override beat(silent: number): void {
    this.#ticks++
    const limit = this.settings.connectTimeout * (this.#isOpen ? RECONNECT_FACTOR : 1)
    if (silent >= limit) return this.#giveUp(limit)
    if (!this.#isOpen || silent > 0) return
    this.#replies.trim()
    if (this.#ticks % CANCEL_AGAIN_TICKS === 0 && !this.#isCancelling)
      for (const entry of this.#cancelled) this.#cancelEntry(entry)
    this.#askForSilent()
  }

  /** Redis does not answer, and may never answer again. Until it does, no call waits longer than `limit` for it. */
  #giveUp(limit: number): void {
    const message = `Redis at ${addressOf(this.settings)} has not answered for ${limit} ms`
    if (!this.#isOpen) return this.#break(new ConnectFailure(message))
    const before = this.#ticks - limit / BEAT_MS
    for (const entry of [...this.#entries.values()]) {
      if (entry.heardAt > before) continue
      entry.isCancelled = true // jobs that are being added are removed when Redis is back
      this.end(entry, { how: 'unreachable', message })
    }
  }

  /** A job may have been removed by hand, or Redis may have lost it. */
  #askForSilent(): void {
    const before = this.#ticks - ASK_AFTER_TICKS
    const silent: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (entry.heardAt > before || entry.state === 'adding') continue
      entry.heardAt = this.#ticks
      silent.push(entry)
      if (silent.length === ASK_AT_ONCE) break
    }
    if (silent.length > 0) void this.#askFor(silent)
  }

  async #askFor(entries: readonly Entry[]): Promise<void> {
    try {
      const pipeline = this.redis.pipeline()
      for (const entry of entries) pipeline.hmget(this.scripts.job(this.#jobOf(entry)), ...OUTCOME_FIELDS)
      const answers = (await pipeline.exec()) ?? []
      await this.drain() // whatever has ended by now has replied
      for (const [index, [error, fields]] of answers.entries()) {
        const entry = entries[index]
        if (entry === undefined || error !== null || entry.state !== 'added') continue
        const outcome = jobOutcome(fields as (string | null)[], entry.isCancelled)
        if (outcome !== undefined) this.end(entry, outcome)
      }
    } catch {} // they are asked for again
  }

  async #warnIfNoWorker(): Promise<void> {
    if (this.#hasSeenWork || this.#entries.size === 0) return
    const workers = await this.queue.getWorkersCount().catch(() => 1)
    if (workers > 0) return
    const message =
      `${this.#entries.size} calls wait, and the queue '${this.settings.queue}' has no worker. ` +
      `Start one: npx spindle-worker --queue ${this.settings.queue} --module ./jobs.ts`
    this.warn(message)
  }

  async #answer({ number, what }: ToSubmittingClient & { kind: 'ask' }): Promise<void> {
    try {
      await this.#opened
      const answer = what === 'ready' ? Promise.resolve(true) : this.#find(what)
      const value = await within(this.settings.connectTimeout, answer)
      if (value === undefined) throw new Error(`no answer within ${this.settings.connectTimeout} ms`)
      this.#owner.post({ kind: 'answer', number, value })
    } catch (error) {
      this.#owner.post({ kind: 'answer', number, value: undefined, error: String(error) })
    }
  }

  async #find(what: 'status' | { readonly cancel: string }): Promise<unknown> {
    if (what === 'status') return await readStatus(this.queue)
    const [answer] = await this.scripts.cancel('cancel', [`|${what.cancel}`])
    return answer !== GONE
  }

  async #close(): Promise<void> {
    clearTimeout(this.#warner)
    for (const { timer } of this.#entries.values()) clearTimeout(timer)
    if (this.#isOpen && !this.#isBroken) {
      await this.#finish()
      await within(FINISH_MS, this.#replies.close(this.#entries.size === 0)).catch(() => {})
    }
    this.#owner.close() // and the connections with the thread
  }
}

interface ErrorReply {
  readonly message: string
  readonly record: string
}
