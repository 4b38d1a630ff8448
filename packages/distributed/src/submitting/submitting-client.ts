// The client thread of a submitter. It learns the state of a job from BullMQ's events; after a long silence it asks
// Redis.
//
//   adding ──addBulk──▶ waiting ──active──▶ active ──completed, failed──▶ ended
//                          ▲                  │
//                          └─given back, lost─┘

import { fromModule } from '@spindle/thread'
import { reasonOf } from '@spindle/thread/internal'
import type { JobsOptions, Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import { MAX_PRIORITY } from '../call-options.ts'
import { type ClientPort, OwnerPort } from '../client-thread.ts'
import type { Codec } from '../codec.ts'
import {
  CANCELLED_REASON,
  ERROR_FIELD,
  type FromSubmittingClient,
  type JobData,
  type JobOptions,
  type JobRequest,
  type Outcome,
  PROTOCOL_VERSION,
  type QueueStatus,
  RESULT_FIELD,
  type ToSubmittingClient,
} from '../protocol.ts'
import { publishCancellations } from '../redis/cancel-channel.ts'
import { brokenMessage, ConnectFailure, connect, evictionWarning, loadBullMQ, reportOutages } from '../redis/connect.ts'
import { serverOf } from '../redis/server-of.ts'
import { within } from '../redis/within.ts'

export interface SubmittingClientOptions extends ClientPort {
  readonly url: string
  readonly queue: string
  readonly resultTtl: number
  readonly payloadLimit: number
  readonly connectTimeout: number
  readonly codec: Codec
  /** Unlike that of any other. */
  readonly submitter: string
}

/** Runs on the client thread until it receives the message to close. */
export async function runSubmittingClient(options: SubmittingClientOptions): Promise<void> {
  const client = new SubmittingClient(options)
  process.on('uncaughtException', (error) => client.break(error))
  await client.run()
}

fromModule(import.meta, runSubmittingClient)

// How many calls may be on their way to Redis if it is near: one batch. With three times as many, what BullMQ makes for
// each lives long enough for V8 to keep it as old: a waiting call then takes 4.8 kB instead of 2.9.
const BATCH = 64
const CALLS_PER_MS = 10 // more than this thread can add: the way to Redis is never what limits it
const ASK_EACH_MS = 1000
const ASK_AFTER_TICKS = 5 // without an event of a job
const ASK_AT_ONCE = 2000
const WARN_AFTER_MS = 10_000
const RECONNECT_FACTOR = 6 // a server that was there may start again, or another take its place
const STALLED = 'job stalled more than allowable limit'

interface Entry {
  /** The call that waits for the job. */
  readonly call: number
  /** All calls that wait for it, and its id, if it has a key; else the id is made from the call, to hold less. */
  readonly keyed: { readonly id: string; calls: number[] } | undefined
  readonly isPlain: boolean
  /** The job to add, until it is added: many calls may wait for a long time. */
  request: JobRequest | undefined
  state: 'adding' | 'waiting' | 'active' | 'ended'
  isCancelled: boolean
  /** Its time to begin has passed, and its job is being removed, of which the event may come before the answer. */
  isExpiring: boolean
  /** Whether the function should stop: the request is sent to whichever worker has it. */
  isStopped: boolean
  /** In ticks. */
  heardAt: number
  timer: NodeJS.Timeout | undefined
}

class SubmittingClient {
  readonly #options: SubmittingClientOptions
  readonly #owner: OwnerPort<ToSubmittingClient, FromSubmittingClient>
  readonly #entries = new Map<number, Entry>() // by each call that waits
  readonly #byKey = new Map<string, Entry>() // by the id of the job
  readonly #idPrefix: string // of jobs without a key
  #toAdd: Entry[] = []
  #adding = 0 // how many calls are on their way to Redis
  #mostAdding = BATCH
  #toCancel: Entry[] = []
  #isFlushing = false
  readonly #underway = new Set<Promise<void>>()
  #redis!: Redis
  #eventRedis!: Redis
  #queue!: Queue
  #events!: QueueEvents
  #prefix = ''
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
    this.#idPrefix = `${options.submitter}-`
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
    const { url, queue, connectTimeout } = this.#options
    this.#redis = await connect(url, connectTimeout, 'spindle-submitter')
    this.#eventRedis = await connect(url, connectTimeout, 'spindle-events')
    this.#timers = [setInterval(() => this.#tick(), ASK_EACH_MS)]
    const { Queue, QueueEvents } = loadBullMQ()
    if (this.#isOver) return void this.#close(true) // it broke while it connected
    const noCheck = { skipVersionCheck: true } as const // Spindle's own check is stricter, and warns once
    this.#queue = new Queue(queue, { connection: this.#redis, ...noCheck })
    this.#queue.on('error', () => {}) // the client reconnects; commands report their own errors
    this.#prefix = this.#queue.toKey('').slice(0, -1)
    const begin = performance.now()
    // Reads from the last event on, not from `$`: events before the first read would be missed.
    const last = await this.#redis.xrevrange(this.#queue.toKey('events'), '+', '-', 'COUNT', 1)
    const lastEventId = last[0]?.[0] ?? '0-0'
    this.#mostAdding = BATCH + Math.round(CALLS_PER_MS * (performance.now() - begin)) // the time of a round trip
    this.#events = new QueueEvents(queue, { connection: this.#eventRedis, lastEventId, autorun: false, ...noCheck })
    this.#listen()
    this.#readEvents()
    reportOutages(this.#redis, url, (message) => this.#owner.post({ kind: 'warning', message }))
    const warning = await evictionWarning(this.#redis).catch(() => undefined)
    if (warning !== undefined) this.#owner.post({ kind: 'warning', message: warning })
    this.#isOpen = true
    this.#owner.post({ kind: 'connected' })
    this.#timers.push(setTimeout(() => void this.#warnIfNoWorker(), WARN_AFTER_MS))
    this.#flush()
    if (this.#isClosing) void this.#close(false)
  }

  #listen(): void {
    const events = this.#events
    // BullMQ emits each event a second time, under a name with the id of its job, which costs more than all listeners.
    const { emit } = events
    events.emit = (name: string, ...args: unknown[]) =>
      !name.includes(':') && (Reflect.apply(emit, events, [name, ...args]) as boolean)
    events.on('error', () => {}) // as above
    events.on('active', ({ jobId }) => this.#onActive(this.#heard(jobId)))
    events.on('completed', ({ jobId, returnvalue }) => this.#onCompleted(this.#heard(jobId), returnvalue))
    events.on('failed', ({ jobId, failedReason }) => this.#onFailed(this.#heard(jobId), failedReason))
    events.on('waiting', ({ jobId, prev }) => {
      const entry = this.#heard(jobId)
      if (entry !== undefined && prev !== undefined) this.#isWaitingAgain(entry)
    })
    events.on('delayed', ({ jobId }) => {
      const entry = this.#heard(jobId)
      if (entry?.state === 'active') this.#isWaitingAgain(entry)
    })
    events.on('stalled', ({ jobId }) => {
      const entry = this.#heard(jobId)
      if (entry !== undefined) this.#isWaitingAgain(entry)
    })
    events.on('removed', ({ jobId }) => {
      const entry = this.#heard(jobId)
      if (entry === undefined || entry.state === 'adding') return
      this.#end(entry, this.#gone(entry, 'it was removed from the queue'))
    })
    events.on('progress', ({ jobId, data }) => {
      const entry = this.#heard(jobId)
      const value = (data as { readonly spindle?: unknown } | undefined)?.spindle
      if (entry === undefined || typeof value !== 'string') return
      for (const call of callsOf(entry)) this.#owner.post({ kind: 'progress', call, value })
    })
  }

  /** It reconnects by itself; only unreadable data ends it. */
  #readEvents(): void {
    this.#events.run().catch(() => setTimeout(() => this.#readEvents(), ASK_EACH_MS))
  }

  #heard(id: string): Entry | undefined {
    const isOurs = id.startsWith(this.#idPrefix)
    const entry = isOurs ? this.#entries.get(Number(id.slice(this.#idPrefix.length))) : this.#byKey.get(id)
    if (entry !== undefined) entry.heardAt = this.#ticks
    return entry
  }

  #idOf({ call, keyed }: Entry): string {
    return keyed?.id ?? `${this.#idPrefix}${call}`
  }

  #onActive(entry: Entry | undefined): void {
    if (entry === undefined) return
    this.#hasSeenWork = true
    entry.state = 'active'
    if (entry.isCancelled || entry.isStopped) this.#cancelEntry(entry) // the worker that has it now may not know
    if (!entry.isCancelled && entry.isPlain)
      for (const call of callsOf(entry)) this.#owner.post({ kind: 'active', call })
  }

  #isWaitingAgain(entry: Entry): void {
    if (entry.state === 'adding') return
    entry.state = 'waiting'
    if (entry.isCancelled) this.#cancelEntry(entry)
  }

  #onCompleted(entry: Entry | undefined, returnvalue: unknown): void {
    if (entry === undefined) return
    this.#hasSeenWork = true
    if (entry.isCancelled) this.#end(entry, { how: 'cancelled' })
    else if (typeof returnvalue === 'string') this.#end(entry, { how: 'result', value: returnvalue })
    else void this.#fetch(entry)
  }

  #onFailed(entry: Entry | undefined, reason: string): void {
    if (entry === undefined) return
    if (entry.isCancelled || reason === CANCELLED_REASON) this.#end(entry, { how: 'cancelled' })
    else void this.#fetch(entry)
  }

  /** Fetches what is not in the event: a large result, the record of an error. */
  async #fetch(entry: Entry): Promise<void> {
    try {
      const fields = await this.#redis.hmget(this.#queue.toKey(this.#idOf(entry)), ...FIELDS)
      this.#takeFields(entry, fields)
    } catch {
      entry.heardAt = -ASK_AFTER_TICKS // it is asked for again
    }
  }

  /** Ends the entry if the fields show that its job has ended. */
  #takeFields(entry: Entry, [name, finishedOn, processedOn, value, failedReason, result, record]: Fields): void {
    if (name == null) {
      if (entry.state !== 'adding') this.#end(entry, this.#gone(entry, 'Redis does not know it any more'))
      return
    }
    if (finishedOn == null) {
      if (processedOn != null && entry.state === 'waiting')
        this.#onActive(entry) // its event was lost
      else if (entry.isCancelled) this.#cancelEntry(entry)
      return
    }
    if (entry.isCancelled || failedReason === CANCELLED_REASON) return this.#end(entry, { how: 'cancelled' })
    if (failedReason != null && value == null) {
      if (record == null && failedReason.startsWith(STALLED))
        return this.#end(entry, { how: 'worker-lost', message: failedReason })
      return this.#end(entry, { how: 'error', message: failedReason, record: record ?? undefined })
    }
    let inline: unknown
    try {
      inline = JSON.parse(value ?? 'null')
    } catch {}
    const text = typeof inline === 'string' ? inline : result
    if (text == null) this.#end(entry, this.#lost('its result is not that of a spindle-worker'))
    else this.#end(entry, { how: 'result', value: text })
  }

  /** The outcome of a call whose job is not on Redis any more, and has left no result. */
  #gone(entry: Entry, message: string): Outcome {
    if (entry.isCancelled) return { how: 'cancelled' }
    return entry.isExpiring ? { how: 'expired' } : this.#lost(message)
  }

  #lost(message: string): Outcome {
    return { how: 'lost', message }
  }

  #end(entry: Entry, outcome: Outcome): void {
    if (entry.state === 'ended') return
    entry.state = 'ended'
    clearTimeout(entry.timer)
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
    else if (message.kind === 'status') void this.#status(message.number)
    else {
      this.#isClosing = true
      if (this.#isOpen || this.#entries.size === 0) void this.#close(false)
    }
  }

  #submit(request: JobRequest): void {
    const { call, name, isPlain, options } = request
    const id = options?.key === undefined ? undefined : `${name}/${options.key}`
    const known = id === undefined ? undefined : this.#byKey.get(id)
    if (known?.keyed !== undefined) {
      known.keyed.calls.push(call)
      this.#entries.set(call, known)
      if (isPlain && known.state === 'active') this.#owner.post({ kind: 'active', call })
      return
    }
    const entry: Entry = {
      call,
      keyed: id === undefined ? undefined : { id, calls: [call] },
      isPlain,
      request,
      state: 'adding',
      isCancelled: false,
      isExpiring: false,
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
    if (entry.state === 'adding') {
      if (entry.request !== undefined) this.#end(entry, { how: 'cancelled' }) // else #add checks again
    } else this.#cancelEntry(entry)
  }

  #stop(call: number): void {
    const entry = this.#entries.get(call)
    if (entry === undefined || callsOf(entry).length > 1) return // others with the same key need the result
    entry.isStopped = true
    if (entry.state === 'active') this.#cancelEntry(entry)
  }

  #cancelEntry(entry: Entry): void {
    this.#toCancel.push(entry)
    if (this.#isFlushing || !this.#isOpen) return
    this.#isFlushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushing = false
    while (this.#toAdd.length > 0 && this.#mayAdd()) this.#follow(this.#addSome())
    const toCancel = this.#toCancel
    this.#toCancel = []
    if (toCancel.length > 0) this.#follow(this.#sendCancellations(toCancel))
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

  /** A few go at once, beside others. Many wait until a batch may go, not to go one by one. */
  #mayAdd(): boolean {
    return this.#adding === 0 || this.#adding + Math.min(this.#toAdd.length, BATCH) <= this.#mostAdding
  }

  async #addSome(): Promise<void> {
    const entries = this.#toAdd.splice(0, BATCH)
    this.#adding += entries.length
    await this.#add(entries.filter(({ state }) => state !== 'ended'))
    this.#adding -= entries.length
    if (this.#isOpen && !this.#isOver) this.#flush()
  }

  async #add(entries: readonly Entry[]): Promise<void> {
    const age = this.#options.resultTtl / 1000
    const keep = { removeOnComplete: { age }, removeOnFail: { age }, stackTraceLimit: 0 }
    const requests = new Map(entries.map((entry) => [entry, entry.request as JobRequest])) // it is not added yet
    for (const entry of entries) entry.request = undefined
    let isSentAgain = false
    while (requests.size > 0) {
      const jobs = [...requests].map(([entry, request]) => ({
        name: request.name,
        data: this.#dataOf(request),
        opts: { jobId: this.#idOf(entry), ...settingsOf(request.options), ...keep },
      }))
      try {
        const [first] = jobs
        if (jobs.length === 1 && first !== undefined) await this.#queue.add(first.name, first.data, first.opts)
        else await this.#queue.addBulk(jobs)
        break
      } catch (error) {
        if (!isConnectionError(error)) {
          for (const entry of requests.keys()) this.#end(entry, { how: 'refused', message: reasonOf(error) })
          return
        }
        // The connection broke on the way. What has arrived is there once all the same: its id tells.
        isSentAgain = true
        await new Promise((resolve) => setTimeout(resolve, SEND_AGAIN_MS))
        for (const entry of entries) if (entry.state === 'ended') requests.delete(entry)
      }
    }
    const unsure: Entry[] = [] // they may have ended long ago, or unheard: then no event comes
    for (const entry of requests.keys()) {
      if (entry.state === 'adding' || entry.isCancelled) entry.state = 'waiting'
      if (entry.isCancelled) this.#cancelEntry(entry)
      if (entry.keyed !== undefined || isSentAgain) unsure.push(entry)
    }
    if (unsure.length > 0) await this.#ask(unsure)
  }

  #dataOf({ args, options }: JobRequest): JobData {
    const { codec, payloadLimit } = this.#options
    const { isMany, timeout, expiresAt, hasProgress } = options ?? {}
    return {
      version: PROTOCOL_VERSION,
      args,
      codec,
      payloadLimit,
      ...(isMany && { isMany }),
      ...(timeout !== undefined && { timeout }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(hasProgress && { hasProgress }),
    }
  }

  /** Removes waiting jobs; the cancellation of other jobs is sent to the workers. */
  async #sendCancellations(entries: readonly Entry[]): Promise<void> {
    const waiting = entries.filter(({ state }) => state === 'waiting')
    const running = entries.filter(({ state }) => state === 'active').map((entry) => this.#idOf(entry))
    try {
      const told = running.length > 0 ? publishCancellations(this.#redis, this.#prefix, running) : undefined
      const missed: string[] = []
      await Promise.all(
        waiting.map(async (entry) => {
          const id = this.#idOf(entry)
          if ((await this.#queue.remove(id)) === 1) this.#end(entry, { how: 'cancelled' })
          else missed.push(id) // it has just started
        }),
      )
      if (missed.length > 0) await publishCancellations(this.#redis, this.#prefix, missed)
      await told
    } catch {} // it is sent again with the next event of the job, or the next time its state is requested
  }

  async #expire(entry: Entry): Promise<void> {
    if (entry.state === 'ended' || entry.state === 'active') return
    entry.isExpiring = true
    try {
      if (entry.state === 'adding' || (await this.#queue.remove(this.#idOf(entry))) === 1)
        return this.#end(entry, { how: 'expired' })
    } catch {} // it waits on: a worker that takes it sees that it is too late
    entry.isExpiring = false
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
      return this.#askForSilent()
    }
    this.#silentTicks++
    const limit = this.#options.connectTimeout * (this.#isOpen ? RECONNECT_FACTOR : 1)
    if (this.#silentTicks * ASK_EACH_MS >= limit) this.#giveUp(limit)
  }

  /** Redis does not answer, and may never answer again. Until it does, no call waits longer than `limit` for it. */
  #giveUp(limit: number): void {
    const message = `Redis at ${serverOf(this.#options.url)} has not answered for ${limit} ms`
    if (!this.#isOpen) return this.break(new ConnectFailure(message))
    const before = this.#ticks - limit / ASK_EACH_MS
    for (const entry of [...this.#entries.values()]) {
      if (entry.heardAt > before) continue
      entry.isCancelled = true // jobs that are being added are removed when Redis is back
      this.#end(entry, { how: 'unreachable', message })
    }
  }

  /** Events may be lost, trimmed or late. */
  #askForSilent(): void {
    const before = this.#ticks - ASK_AFTER_TICKS
    const silent: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (entry.heardAt > before || entry.state === 'adding') continue
      entry.heardAt = this.#ticks
      silent.push(entry)
      if (silent.length === ASK_AT_ONCE) break
    }
    if (silent.length > 0) void this.#ask(silent)
  }

  async #ask(entries: readonly Entry[]): Promise<void> {
    const pipeline = this.#redis.pipeline()
    for (const entry of entries) pipeline.hmget(this.#queue.toKey(this.#idOf(entry)), ...FIELDS)
    const answers = await pipeline.exec().catch(() => undefined)
    if (answers == null) return
    for (const [index, [error, fields]] of answers.entries()) {
      const entry = entries[index]
      if (entry !== undefined && error === null && entry.state !== 'ended') this.#takeFields(entry, fields as Fields)
    }
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

  async #status(number: number): Promise<void> {
    try {
      const status = await within(this.#options.connectTimeout, this.#readStatus())
      if (status === undefined) throw new Error(`no answer within ${this.#options.connectTimeout} ms`)
      this.#owner.post({ kind: 'status', number, status })
    } catch (error) {
      this.#owner.post({ kind: 'status', number, status: undefined, error: String(error) })
    }
  }

  async #readStatus(): Promise<QueueStatus> {
    while (!this.#isOpen) await new Promise((resolve) => setTimeout(resolve, 5))
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
    if (this.#isOpen && !isBroken) await this.#finish() // otherwise nothing was sent
    this.#eventRedis?.disconnect()
    this.#redis?.disconnect()
    this.#owner.close()
  }
}

const FINISH_MS = 2000
const SEND_AGAIN_MS = 100

function callsOf({ call, keyed }: Entry): readonly number[] {
  return keyed?.calls ?? [call]
}

function settingsOf({ attempts, backoff, priority = 0, delay }: JobOptions = {}): JobsOptions {
  return {
    ...(attempts !== undefined && { attempts }),
    ...(backoff !== undefined && { backoff: { type: 'exponential', delay: backoff, jitter: 0.5 } }),
    // In BullMQ, 1 is the highest priority; jobs without a priority would start before all others.
    priority: MAX_PRIORITY + 1 - priority,
    ...(delay !== undefined && { delay }),
  }
}

/** Whether Redis may not even have seen the command. */
function isConnectionError(error: unknown): boolean {
  const { name, message, code } = error as { name?: string; message?: string; code?: string }
  return (
    name !== 'ReplyError' && /clos|E(?:CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN)|writ[ae]ble/.test(`${code} ${message}`)
  )
}

const FIELDS = ['name', 'finishedOn', 'processedOn', 'returnvalue', 'failedReason', RESULT_FIELD, ERROR_FIELD] as const
type Fields = readonly (string | null | undefined)[]
