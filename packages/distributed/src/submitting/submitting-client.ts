// The client thread of a submitter. A call ends by a reply of its worker; a call of which nothing is heard for long, or
// since another server has taken the place of Redis, is asked for.

import type { Queue } from 'bullmq'
import { fromModule } from 'spindle/thread'
import { type ClientPort, OwnerPort } from '../client-thread.ts'
import type { Connection } from '../connection-options.ts'
import type { FromSubmittingClient, JobRequest, Outcome, ToSubmittingClient } from '../protocol.ts'
import { brokenMessage, ConnectFailure, loadBullMQ } from '../redis/connect.ts'
import { GONE, OTHERS_WAIT, REMOVED, RUNS } from '../redis/scripts.ts'
import { addressOf } from '../redis/server-of.ts'
import { checkSession, openSession, type Session } from '../redis/session.ts'
import { Signer } from '../redis/signer.ts'
import { within } from '../redis/within.ts'
import { callsOf, type Entry } from './entry.ts'
import { type AdderOwner, JobAdder, type JobSettings } from './job-adder.ts'
import { jobOutcome, OUTCOME_FIELDS } from './job-outcome.ts'
import { readStatus } from './read-status.ts'
import { type Reply, ReplyStream } from './reply-stream.ts'

export interface SubmittingClientOptions extends ClientPort, JobSettings, Connection {}

/** Runs on the client thread until it receives the message to close. */
export async function runSubmittingClient(options: SubmittingClientOptions): Promise<void> {
  const client = new SubmittingClient(options)
  process.on('uncaughtException', (error) => client.break(error))
  await client.run()
}

fromModule(import.meta, runSubmittingClient)

const TICK_MS = 1000
const ASK_AFTER_TICKS = 30 // without a word of a job
const ASK_AT_ONCE = 100
const CANCEL_AGAIN_TICKS = 5 // the worker that had the call may be gone, or may have missed the message
const CANCEL_AT_ONCE = 500 // Redis does nothing else meanwhile, for about 2 ms
const WARN_AFTER_MS = 10_000
const RECONNECT_FACTOR = 6 // a server that was there may start again, or another take its place
const FINISH_MS = 2000

class SubmittingClient implements AdderOwner {
  readonly #options: SubmittingClientOptions
  readonly #owner: OwnerPort<ToSubmittingClient, FromSubmittingClient>
  readonly #entries = new Map<number, Entry>() // by each call that waits
  readonly #byKey = new Map<string, Entry>() // by the id of the job
  readonly #cancelled = new Set<Entry>() // until they end
  readonly #toAdd: Entry[] = []
  #toCancel: Entry[] = []
  #isFlushing = false
  readonly #underway = new Set<Promise<void>>()
  readonly #signer: Signer
  #session!: Session
  #queue!: Queue
  #replies!: ReplyStream
  #adder!: JobAdder
  #server = '' // the id of its run
  #isOpen = false
  #isClosing = false
  #isOver = false
  #hasSeenWork = false
  #ticks = 0 // of the watch: a machine that was asleep has missed no answer
  #warner: NodeJS.Timeout | undefined

  constructor(options: SubmittingClientOptions) {
    this.#options = options
    this.#signer = new Signer(options.secret)
    this.#owner = new OwnerPort(
      options,
      (message) => this.#take(message),
      () => this.#isOpen && this.#flush(),
    )
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
    this.#isOver = true
    void this.#close(true)
  }

  async #open(): Promise<void> {
    const { queue, prefix, submitter } = this.#options
    const clients = ['spindle-submitter', 'spindle-replies'] as const
    const warn = (message: string): void => this.#warn(message)
    const session = await openSession(this.#options, clients, warn, (silent) => this.#tick(silent))
    const { redis, second, names, watch } = session
    this.#session = session
    const { Queue } = loadBullMQ()
    if (this.#isOver) return void this.#close(true) // it broke while it connected
    this.#queue = new Queue(queue, { connection: redis, prefix })
    this.#queue.on('error', (error) => watch.trouble(error))
    const warning = await checkSession(session, this.#options, this.#queue)
    if (warning !== undefined) this.#warn(warning)
    const begin = performance.now()
    this.#server = await this.#runId()
    const roundTrip = performance.now() - begin
    this.#adder = new JobAdder(this, this.#options, this.#queue, session, this.#signer, this.#toAdd, roundTrip)
    this.#replies = new ReplyStream(second, redis, names.replies(submitter), (reply) => this.#onReply(reply))
    void this.#replies.run()
    redis.on('ready', () => void this.#checkServer())
    this.#isOpen = true
    this.#owner.post({ kind: 'connected' })
    this.#warner = setTimeout(() => void this.#warnIfNoWorker(), WARN_AFTER_MS)
    this.#flush()
    if (this.#isClosing) void this.#close(false)
  }

  #warn(message: string): void {
    this.#owner.post({ kind: 'warning', message })
  }

  async #runId(): Promise<string> {
    return /run_id:(\w+)/.exec(await this.#session.redis.info('server'))?.[1] ?? ''
  }

  /** Another server may know nothing of the calls, or only some of them. */
  async #checkServer(): Promise<void> {
    const server = await this.#runId().catch(() => undefined)
    if (server === undefined || server === this.#server) return
    this.#server = server
    this.#replies.restart()
    await this.#askFor([...this.#entries.values()].filter(({ state }) => state === 'added'))
  }

  idOf({ call, keyed }: Entry): string {
    return keyed?.id ?? `${this.#options.submitter}-${call}`
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
    this.#session.scripts.cancel('cancel', this.#options.submitter, [this.idOf(entry)]).catch(() => {})
  }

  #onReply({ id, kind, text: sealed }: Reply): void {
    this.#hasSeenWork = true
    const { submitter } = this.#options
    const call = id.startsWith(submitter) ? Number(id.slice(submitter.length + 1)) : Number.NaN
    const entry = this.#byKey.get(id) ?? this.#entries.get(call)
    if (entry === undefined) return // its end was replied before, by a worker that was lost
    entry.heardAt = this.#ticks
    try {
      const text = this.#signer.open(id, kind, sealed)
      if (kind === 'active') this.#onActive(entry)
      else if (kind === 'progress')
        for (const waiting of callsOf(entry)) this.#owner.post({ kind, call: waiting, value: text })
      else if (entry.isCancelled || kind === 'cancelled') this.end(entry, { how: 'cancelled' })
      else if (kind === 'result') this.end(entry, { how: kind, value: text })
      else if (kind === 'lost') this.end(entry, { how: 'worker-lost', message: text })
      else if (kind === 'error') this.end(entry, { how: kind, ...(JSON.parse(text) as ErrorReply) })
    } catch (error) {
      this.end(entry, { how: 'error', message: (error as Error).message, record: undefined })
    }
  }

  #onActive(entry: Entry): void {
    if (entry.isCancelled || entry.isStopped) this.#cancelEntry(entry) // the worker that has it now may not know
    if (entry.isCancelled || !entry.isPlain) return
    for (const call of callsOf(entry)) this.#owner.post({ kind: 'active', call })
  }

  end(entry: Entry, outcome: Outcome): void {
    if (entry.state === 'ended') return
    entry.state = 'ended'
    clearTimeout(entry.timer)
    this.#cancelled.delete(entry)
    if (entry.keyed !== undefined) this.#byKey.delete(entry.keyed.id)
    for (const call of callsOf(entry)) {
      this.#entries.delete(call)
      this.#owner.post({ kind: 'ended', call, outcome })
    }
  }

  #take(message: ToSubmittingClient): void {
    if (message.kind === 'submit') this.#submit(message)
    else if (message.kind === 'cancel') this.#cancel(message.call)
    else if (message.kind === 'stop') this.#stop(message.call)
    else if (message.kind === 'status') void this.#answer(message.number, () => readStatus(this.#queue))
    else if (message.kind === 'cancel-key') void this.#answer(message.number, () => this.#cancelKey(message.id))
    else {
      this.#isClosing = true
      if (this.#isOpen || this.#entries.size === 0) void this.#close(false)
    }
  }

  #submit(request: JobRequest): void {
    const { call, name, isPlain, options } = request
    const id = options?.key === undefined ? undefined : `${name}/${options.key}`
    const known = id === undefined ? undefined : this.#byKey.get(id)
    if (known?.keyed !== undefined && !known.isCancelled) {
      known.keyed.calls.push(call)
      this.#entries.set(call, known)
      return
    }
    const entry: Entry = {
      call,
      keyed: id === undefined ? undefined : { id, calls: [call] },
      isPlain,
      request,
      state: 'adding',
      isCancelled: false,
      isStopped: false,
      heardAt: this.#ticks,
      timer: undefined,
    }
    this.#entries.set(call, entry)
    if (id !== undefined) this.#byKey.set(id, entry)
    this.#toAdd.push(entry)
    if (options?.expiresAt !== undefined)
      entry.timer = setTimeout(() => void this.#expire(entry), Math.min(options.expiresAt - Date.now(), 2 ** 31 - 1))
  }

  #cancel(call: number): void {
    const entry = this.#entries.get(call)
    if (entry === undefined) return
    const { keyed } = entry
    if (keyed !== undefined && keyed.calls.length > 1) {
      keyed.calls = keyed.calls.filter((other) => other !== call) // the other calls still need it
      this.#entries.delete(call)
      this.#owner.post({ kind: 'ended', call, outcome: { how: 'cancelled' } })
      return
    }
    if (entry.isCancelled) return
    entry.isCancelled = true
    this.#cancelled.add(entry)
    if (entry.state === 'added') this.#cancelEntry(entry)
    else if (entry.request !== undefined) this.end(entry, { how: 'cancelled' }) // else `added` checks again
  }

  #stop(call: number): void {
    const entry = this.#entries.get(call)
    if (entry === undefined || callsOf(entry).length > 1) return // others with the same key need the result
    entry.isStopped = true
    if (entry.state === 'added') this.#cancelEntry(entry)
  }

  #cancelEntry(entry: Entry): void {
    this.#toCancel.push(entry)
    if (this.#isFlushing || !this.#isOpen) return
    this.#isFlushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushing = false
    while (this.#adder.mayAdd()) this.#follow(this.#add())
    const toCancel = this.#toCancel
    this.#toCancel = []
    if (toCancel.length > 0) this.#follow(this.#sendCancellations(toCancel))
  }

  async #add(): Promise<void> {
    await this.#adder.add()
    if (this.#isOpen && !this.#isOver) this.#flush()
  }

  /** Closing waits for it. */
  #follow(work: Promise<void>): void {
    this.#underway.add(work)
    void work.finally(() => this.#underway.delete(work))
  }

  /** Sends the workers the cancellations made just before closing. Limited in time, as Redis may be gone. */
  async #finish(): Promise<void> {
    const deadline = Date.now() + FINISH_MS
    while (this.#underway.size > 0 || this.#toAdd.length > 0 || this.#toCancel.length > 0) {
      this.#flush()
      const rest = deadline - Date.now()
      if (rest <= 0) return
      await within(rest, Promise.all(this.#underway))
    }
  }

  /** Removes waiting jobs; the cancellation of other jobs is sent to the workers. */
  async #sendCancellations(entries: readonly Entry[]): Promise<void> {
    const stopped = entries.filter(({ isCancelled }) => !isCancelled)
    const cancelled = entries.filter(({ isCancelled, state }) => isCancelled && state === 'added')
    try {
      await this.#cancelSome('stop', stopped)
      await this.#cancelSome('cancel', cancelled)
    } catch {} // those that have not ended are sent again
  }

  async #cancelSome(mode: 'cancel' | 'stop', all: readonly Entry[]): Promise<void> {
    for (let start = 0; start < all.length; start += CANCEL_AT_ONCE) {
      const entries = all.slice(start, start + CANCEL_AT_ONCE)
      const ids = entries.map((entry) => this.idOf(entry))
      const answers = await this.#session.scripts.cancel(mode, this.#options.submitter, ids)
      if (mode === 'stop') continue
      if (answers.includes(GONE)) await this.drain() // they have ended
      for (const [index, entry] of entries.entries()) {
        const answer = answers[index]
        if (answer === GONE || answer === OTHERS_WAIT || answer === REMOVED) this.end(entry, { how: 'cancelled' })
      }
    }
  }

  async #expire(entry: Entry): Promise<void> {
    const outcome = { how: 'expired' } as const
    if (entry.state === 'adding') return this.end(entry, outcome)
    try {
      const [answer] = await this.#session.scripts.cancel('expire', this.#options.submitter, [this.idOf(entry)])
      if (answer !== RUNS && answer !== GONE) this.end(entry, outcome)
    } catch {} // it waits on: a worker that takes it sees that it is too late
  }

  #tick(silent: number): void {
    this.#ticks++
    const limit = this.#options.connectTimeout * (this.#isOpen ? RECONNECT_FACTOR : 1)
    if (silent >= limit) return this.#giveUp(limit)
    if (!this.#isOpen || silent > 0) return
    this.#replies.trim()
    if (this.#ticks % CANCEL_AGAIN_TICKS === 0) for (const entry of this.#cancelled) this.#cancelEntry(entry)
    this.#askForSilent()
  }

  /** Redis does not answer, and may never answer again. Until it does, no call waits longer than `limit` for it. */
  #giveUp(limit: number): void {
    const message = `Redis at ${addressOf(this.#options)} has not answered for ${limit} ms`
    if (!this.#isOpen) return this.break(new ConnectFailure(message))
    const before = this.#ticks - limit / TICK_MS
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
      const pipeline = this.#session.redis.pipeline()
      for (const entry of entries) pipeline.hmget(this.#queue.toKey(this.idOf(entry)), ...OUTCOME_FIELDS)
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

  async #cancelKey(id: string): Promise<boolean> {
    const [answer] = await this.#session.scripts.cancel('cancel', '', [id])
    return answer !== GONE
  }

  async #warnIfNoWorker(): Promise<void> {
    if (this.#hasSeenWork || this.#entries.size === 0) return
    const workers = await this.#queue.getWorkersCount().catch(() => 1)
    if (workers > 0) return
    const message =
      `${this.#entries.size} calls wait, and the queue '${this.#options.queue}' has no worker. ` +
      `Start one: npx spindle-worker --queue ${this.#options.queue} --module ./jobs.ts`
    this.#warn(message)
  }

  async #answer(number: number, ask: () => Promise<unknown>): Promise<void> {
    try {
      const value = await within(this.#options.connectTimeout, this.#whenOpen().then(ask))
      if (value === undefined) throw new Error(`no answer within ${this.#options.connectTimeout} ms`)
      this.#owner.post({ kind: 'answer', number, value })
    } catch (error) {
      this.#owner.post({ kind: 'answer', number, value: undefined, error: String(error) })
    }
  }

  async #whenOpen(): Promise<void> {
    while (!this.#isOpen) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async #close(isBroken: boolean): Promise<void> {
    clearTimeout(this.#warner)
    for (const { timer } of this.#entries.values()) clearTimeout(timer)
    if (this.#isOpen && !isBroken) {
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
