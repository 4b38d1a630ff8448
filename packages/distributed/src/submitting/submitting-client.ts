// The client thread of a submitter. A call ends by a reply of its worker; a call of which nothing is heard for long, or
// since another server has taken the place of Redis, is asked for.

import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { fromModule } from 'spindle/thread'
import { type ClientPort, OwnerPort } from '../client-thread.ts'
import type { FromSubmittingClient, JobRequest, Outcome, QueueStatus, ToSubmittingClient } from '../protocol.ts'
import { brokenMessage, ConnectFailure, checkWrites, connect, evictionWarning, loadBullMQ } from '../redis/connect.ts'
import { defineScripts, GONE, Names, OTHERS_WAIT, REMOVED, RUNS, Scripts } from '../redis/scripts.ts'
import { serverOf } from '../redis/server-of.ts'
import { Watch } from '../redis/watch.ts'
import { within } from '../redis/within.ts'
import { callsOf, type Entry } from './entry.ts'
import { type AdderOwner, JobAdder, type JobSettings } from './job-adder.ts'
import { type Reply, ReplyStream } from './reply-stream.ts'

export interface SubmittingClientOptions extends ClientPort, JobSettings {
  readonly url: string
  readonly queue: string
  readonly connectTimeout: number
}

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
const STALLED = 'job stalled more than allowable limit'

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
  #redis!: Redis
  #replyRedis!: Redis
  #queue!: Queue
  #scripts!: Scripts
  #replies!: ReplyStream
  #adder!: JobAdder
  #server = '' // the id of its run
  #isOpen = false
  #isClosing = false
  #isOver = false
  #hasSeenWork = false
  #isAsking = false // whether the last ping is still unanswered
  // Counted in ticks of the timer: a machine that was asleep has missed no answer.
  #ticks = 0
  #silentTicks = 0 // how many have passed since the ping
  #timers: NodeJS.Timeout[] = []

  constructor(options: SubmittingClientOptions) {
    this.#options = options
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
    const { url, queue, connectTimeout, submitter } = this.#options
    this.#redis = await connect(url, connectTimeout, 'spindle-submitter')
    this.#replyRedis = await connect(url, connectTimeout, 'spindle-replies')
    this.#timers = [setInterval(() => this.#tick(), TICK_MS)]
    const { Queue } = loadBullMQ()
    if (this.#isOver) return void this.#close(true) // it broke while it connected
    defineScripts(this.#redis)
    this.#queue = new Queue(queue, { connection: this.#redis })
    this.#queue.on('error', () => {}) // those of commands are theirs
    await this.#queue.waitUntilReady()
    const names = new Names(this.#queue.toKey(''), this.#redis.options.db ?? 0)
    this.#scripts = new Scripts(this.#redis, names)
    const begin = performance.now()
    this.#server = await this.#runId()
    const roundTrip = performance.now() - begin
    this.#adder = new JobAdder(this, this.#options, this.#queue, this.#redis, names, this.#toAdd, roundTrip)
    this.#replies = new ReplyStream(this.#replyRedis, this.#redis, names.replies(submitter), (reply) =>
      this.#onReply(reply),
    )
    void this.#replies.run()
    this.#redis.on('ready', () => void this.#checkServer())
    const watch = new Watch(this.#redis, url, (message) => this.#owner.post({ kind: 'warning', message }))
    this.#queue.on('error', (error) => watch.trouble(error))
    await checkWrites(this.#redis, this.#scripts, url, connectTimeout)
    const warning = await evictionWarning(this.#redis).catch(() => undefined)
    if (warning !== undefined) this.#owner.post({ kind: 'warning', message: warning })
    this.#isOpen = true
    this.#owner.post({ kind: 'connected' })
    this.#timers.push(setTimeout(() => void this.#warnIfNoWorker(), WARN_AFTER_MS))
    this.#flush()
    if (this.#isClosing) void this.#close(false)
  }

  async #runId(): Promise<string> {
    return /run_id:(\w+)/.exec(await this.#redis.info('server'))?.[1] ?? ''
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
    this.#scripts.cancel('cancel', this.#options.submitter, [this.idOf(entry)]).catch(() => {})
  }

  #onReply({ id, kind, text }: Reply): void {
    this.#hasSeenWork = true
    const call = id.startsWith(this.#options.submitter)
      ? Number(id.slice(this.#options.submitter.length + 1))
      : Number.NaN
    const entry = this.#byKey.get(id) ?? this.#entries.get(call)
    if (entry === undefined) return // its end was replied before, by a worker that was lost
    entry.heardAt = this.#ticks
    if (kind === 'active') this.#onActive(entry)
    else if (kind === 'progress')
      for (const waiting of callsOf(entry)) this.#owner.post({ kind: 'progress', call: waiting, value: text })
    else if (entry.isCancelled || kind === 'cancelled') this.end(entry, { how: 'cancelled' })
    else if (kind === 'result') this.end(entry, { how: 'result', value: text })
    else if (kind === 'lost') this.end(entry, { how: 'worker-lost', message: text })
    else if (kind === 'error') this.end(entry, { how: 'error', ...(JSON.parse(text) as ErrorReply) })
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
    else if (message.kind === 'status') void this.#answer(message.number, () => this.#readStatus())
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
      const answers = await this.#scripts.cancel(mode, this.#options.submitter, ids)
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
      const [answer] = await this.#scripts.cancel('expire', this.#options.submitter, [this.idOf(entry)])
      if (answer !== RUNS && answer !== GONE) this.end(entry, outcome)
    } catch {} // it waits on: a worker that takes it sees that it is too late
  }

  #tick(): void {
    this.#ticks++
    if (!this.#isAsking) {
      this.#silentTicks = 0
      this.#isAsking = true
      const answered = (): void => {
        this.#isAsking = false
      }
      this.#redis.ping().then(answered, answered)
      if (!this.#isOpen) return
      this.#replies.trim()
      if (this.#ticks % CANCEL_AGAIN_TICKS === 0) for (const entry of this.#cancelled) this.#cancelEntry(entry)
      return this.#askForSilent()
    }
    this.#silentTicks++
    const limit = this.#options.connectTimeout * (this.#isOpen ? RECONNECT_FACTOR : 1)
    if (this.#silentTicks * TICK_MS >= limit) this.#giveUp(limit)
  }

  /** Redis does not answer, and may never answer again. Until it does, no call waits longer than `limit` for it. */
  #giveUp(limit: number): void {
    const message = `Redis at ${serverOf(this.#options.url)} has not answered for ${limit} ms`
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
      const pipeline = this.#redis.pipeline()
      for (const entry of entries)
        pipeline.hmget(this.#queue.toKey(this.idOf(entry)), 'name', 'failedReason', 'finishedOn')
      const answers = (await pipeline.exec()) ?? []
      await this.drain() // whatever has ended by now has replied
      for (const [index, [error, fields]] of answers.entries()) {
        const entry = entries[index]
        if (entry === undefined || error !== null || entry.state !== 'added') continue
        const [name, reason, finishedOn] = fields as (string | null)[]
        if (name == null) this.end(entry, goneOutcome(entry))
        else if (finishedOn != null && reason != null) this.end(entry, failedOutcome(reason))
      }
    } catch {} // they are asked for again
  }

  async #cancelKey(id: string): Promise<boolean> {
    const [answer] = await this.#scripts.cancel('cancel', '', [id])
    return answer !== GONE
  }

  async #warnIfNoWorker(): Promise<void> {
    if (this.#hasSeenWork || this.#entries.size === 0) return
    const workers = await this.#queue.getWorkersCount().catch(() => 1)
    if (workers > 0) return
    const message =
      `${this.#entries.size} calls wait, and the queue '${this.#options.queue}' has no worker. ` +
      `Start one: npx spindle-worker --queue ${this.#options.queue} --module ./jobs.ts`
    this.#owner.post({ kind: 'warning', message })
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

  async #readStatus(): Promise<QueueStatus> {
    const [counts, workers] = await Promise.all([
      this.#queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
      this.#queue.getWorkers(),
    ])
    const { wait = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
    return {
      waiting: wait + prioritized,
      active,
      delayed,
      failed,
      workers: workers.map(({ rawname = '', addr = '', age = '0' }) => ({
        name: rawname.split(':w:')[1] ?? rawname,
        address: addr,
        age: 1000 * Number(age),
      })),
    }
  }

  async #close(isBroken: boolean): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { timer } of this.#entries.values()) clearTimeout(timer)
    if (this.#isOpen && !isBroken) {
      await this.#finish()
      await within(FINISH_MS, this.#replies.close(this.#entries.size === 0)).catch(() => {})
    }
    this.#replyRedis?.disconnect()
    this.#redis?.disconnect()
    this.#owner.close()
  }
}

interface ErrorReply {
  readonly message: string
  readonly record: string
}

/** The outcome of a call whose job is not on Redis any more, and which has no reply. */
function goneOutcome({ isCancelled }: Entry): Outcome {
  return isCancelled ? { how: 'cancelled' } : { how: 'lost', message: 'Redis does not know it any more' }
}

/** The outcome of a call that has failed without a reply: its worker was lost between the two. */
function failedOutcome(reason: string): Outcome {
  if (reason.startsWith(STALLED)) return { how: 'worker-lost', message: reason }
  return { how: 'error', message: reason, record: undefined }
}
