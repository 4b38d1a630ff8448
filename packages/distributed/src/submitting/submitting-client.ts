// The client thread of a submitter. A reply of its worker ends a call. If no reply comes for long, or since another
// server replaced Redis, the thread looks for the job of the call.

import type { Queue } from 'bullmq'
import { reasonOf } from 'spindle/internal/thread'
import type { FromSubmittingClient, JobRequest, Outcome, ToSubmittingClient } from '../calls/protocol.ts'
import { ConnectFailure, letEnd, loadBullMQ } from '../redis/connect.ts'
import { BEAT_MS } from '../redis/pulse.ts'
import { RedisClient } from '../redis/redis-client.ts'
import { isConnectionError } from '../redis/refusal.ts'
import { addressOf } from '../redis/server-of.ts'
import { within } from '../redis/within.ts'
import { type Ask, askQueue } from './ask-queue.ts'
import { Cancellations } from './cancellations.ts'
import { type Entry, JobAdder, type Leaving } from './job-adder.ts'
import { type Reply, ReplyStream } from './reply-stream.ts'
import { SilentCalls } from './silent-calls.ts'
import type { SubmitterOptions } from './submitter.ts'

export interface SubmittingClientOptions extends Omit<SubmitterOptions, 'telemetry'> {
  readonly submitter: string
}

/** What another client needs to continue. */
export interface Left {
  /** The calls that have not ended. */
  readonly entries: readonly Entry[]
  readonly asks: readonly Ask[]
  /** The last reply that was read. */
  readonly last: string
  /** The id of the server's run; empty if it was never reached. */
  readonly server: string
}

const LEAVE_AGAIN_TICKS = 5
const RECONNECT_FACTOR = 6 // a server that was there may start again, or another take its place
const FINISH_MS = 2000
const START = '0-0' // of a stream

/** Adds the jobs of a submitter, receives their replies, and cancels them: on the thread of the program, or another. */
export class SubmittingClient extends RedisClient {
  readonly #send: (message: FromSubmittingClient) => void
  readonly settings: SubmittingClientOptions
  /** By the number of each call that waits. */
  readonly entries: Map<number, Entry> = new Map()
  /** Entries to add. */
  readonly toAdd: Entry[] = []
  readonly cancellations: Cancellations = new Cancellations(this)
  readonly silent: SilentCalls = new SilentCalls(this)
  readonly #underway = new Set<Promise<void>>()
  queue!: Queue
  replies: ReplyStream | undefined
  #adder!: JobAdder
  #server: string // the id of its run
  readonly #wasOpen: boolean // another client was
  #isOpen = false
  readonly #opened: Promise<void>
  readonly #asks = new Set<Ask>()
  #isClosing = false
  ticks = 0 // of the watch: a machine that was asleep has missed no answer

  constructor(options: SubmittingClientOptions, send: (message: FromSubmittingClient) => void, left?: Left) {
    super(options)
    this.settings = options
    this.#send = send
    this.#server = left?.server ?? ''
    this.#wasOpen = this.#server !== ''
    for (const entry of left?.entries ?? []) this.#keep({ ...entry, heardAt: 0 })
    this.#opened = this.#open(left)
    this.#opened.catch((error) =>
      error instanceof ConnectFailure ? this.#giveUp(error.message) : this.break(reasonOf(error)),
    )
    for (const ask of left?.asks ?? []) void this.#answer(ask)
  }

  /** It can't continue. */
  break(message: string, isConnection = false): void {
    if (this.isOver) return
    this.#post({ kind: 'broken', message, isConnection })
    this.#end()
  }

  /** Ends without a word, for another client to continue. */
  leave(): Left {
    const entries = [...this.entries.values()].map((entry) => ({ ...entry, timer: undefined }))
    if (entries.length === 0) void this.replies?.close(true).catch(() => {})
    this.disconnect()
    return { entries, asks: [...this.#asks], last: this.replies?.last ?? START, server: this.#server }
  }

  get #limit(): number {
    return this.settings.connectTimeout * (this.#isOpen || this.#wasOpen ? RECONNECT_FACTOR : 1)
  }

  #post(message: FromSubmittingClient): void {
    if (!this.isOver) this.#send(message)
  }

  warn(message: string): void {
    this.#post({ kind: 'warning', message })
  }

  async #open(left: Left | undefined): Promise<void> {
    const { queue, prefix, submitter } = this.settings
    await this.connect('spindle-submitter', 'spindle-replies', this.#limit)
    letEnd(this.redis)
    letEnd(this.second)
    const { Queue } = loadBullMQ()
    this.queue = new Queue(queue, { connection: this.redis, prefix })
    this.queue.on('error', (error) => this.trouble(error))
    await this.check(this.queue)
    const begin = performance.now()
    const server = await this.#runId()
    const roundTrip = performance.now() - begin
    const { redis, scripts } = this
    this.#adder = new JobAdder(this, roundTrip)
    const take = (reply: Reply): void => this.#onReply(reply)
    this.replies = new ReplyStream(this, scripts.replies(submitter), take, left?.last ?? START)
    if (this.#wasOpen) await this.#resume()
    else this.#server = server
    void this.replies.run()
    redis.on('ready', () => void this.#checkServer())
    this.#isOpen = true
    this.#flush()
    if (this.#isClosing) void this.#close()
  }

  /** Continues where another client has left. Jobs that were on their way to Redis are there by now, or never will. */
  async #resume(): Promise<void> {
    await this.#checkServer()
    const adding = [...this.entries.values()].filter(({ state }) => state === 'adding')
    const found = await this.silent.fieldsOf(adding).catch((error) => {
      if (this.isOver || !isConnectionError(error)) throw error
    })
    if (found === undefined) return await this.#resume()
    for (const [index, entry] of adding.entries()) {
      const { exists, waits } = found[index] ?? {}
      if (entry.state !== 'adding') continue // it has ended
      if (entry.outcome !== undefined || (entry.key === undefined ? exists : waits)) this.added(entry)
      else this.toAdd.push(entry)
    }
    this.#leaveAgain()
  }

  async #runId(): Promise<string> {
    return /run_id:(\w+)/.exec(await this.redis.info('server'))?.[1] ?? ''
  }

  /** Another server may know nothing of the calls, or only some of them. */
  async #checkServer(): Promise<void> {
    const server = await this.#runId().catch(() => undefined)
    if (server === undefined || server === this.#server) return
    this.#server = server
    this.replies?.restart()
    await this.silent.askFor([...this.entries.values()].filter(({ state }) => state === 'added'))
  }

  /** By which scripts know the call. */
  waiterOf({ call }: Entry): string {
    return `${this.settings.submitter}-${call}`
  }

  jobOf(entry: Entry): string {
    return entry.key ?? this.waiterOf(entry)
  }

  /** A reply to a call names its request; with a key, its job is that of others, too. */
  seal(entry: Entry, kind: string): string {
    return this.envelope.seal('', kind, this.jobOf(entry), entry.signature ?? '')
  }

  /** @throws TypeError if it is no reply to this call */
  open(entry: Entry, kind: string, sealed: string): string {
    return this.envelope.open(sealed, kind, this.jobOf(entry), entry.signature ?? '')
  }

  /** Redis has it. @param isTwice its connection broke, so a call that has ended since may have been added again */
  added(entry: Entry, isTwice = false): void {
    const { leaves, outcome } = entry
    entry.state = 'added'
    entry.request = entry.job = undefined
    entry.heardAt = this.ticks
    // A call that was cancelled ends when its second job has.
    if (outcome !== undefined && !(isTwice && leaves === 'cancelled')) this.end(entry, outcome)
    if (outcome === undefined ? leaves !== undefined : isTwice) this.cancellations.add(entry)
  }

  #onReply({ id, kind, text: sealed }: Reply): void {
    this.silent.heard()
    const entry = this.entries.get(Number(id.slice(this.settings.submitter.length + 1)))
    if (entry === undefined) return // its end was replied before, by a worker that was lost
    entry.heardAt = this.ticks
    const outcome = this.#outcomeOf(entry, kind, sealed)
    if (entry.state === 'adding') entry.outcome ??= outcome
    else if (outcome !== undefined) this.end(entry, outcome)
  }

  /** Undefined for a reply that is not the last one. */
  #outcomeOf(entry: Entry, kind: string, sealed: string): Outcome | undefined {
    try {
      const text = this.open(entry, kind, sealed)
      if (kind === 'result') return { how: kind, value: text }
      if (kind === 'cancelled') return cancelled(entry)
      if (kind === 'lost') return { how: 'worker-lost', message: text }
      if (kind === 'error') return { how: kind, ...(JSON.parse(text) as { message: string; record: string }) }
      if (kind === 'progress') this.#post({ kind, call: entry.call, value: text })
      return undefined
    } catch (error) {
      return { how: 'error', message: (error as Error).message, record: undefined }
    }
  }

  /** It has left the queue. */
  endCancelled(entry: Entry): void {
    this.end(entry, cancelled(entry))
  }

  end(entry: Entry, outcome: Outcome): void {
    if (entry.state === 'ended') return
    entry.state = 'ended'
    clearTimeout(entry.timer)
    this.entries.delete(entry.call)
    this.#post({ kind: 'ended', call: entry.call, outcome: entry.outcome ?? outcome })
  }

  take(messages: readonly ToSubmittingClient[]): void {
    for (const message of messages) {
      if (message.kind === 'submit') this.#submit(message)
      else if (message.kind === 'cancel') this.#leave(this.entries.get(message.call), message.why)
      else if (message.kind === 'ask') void this.#answer(message)
      else if (!this.#isClosing) {
        this.#isClosing = true
        if (this.#isOpen || this.entries.size === 0) void this.#close()
      }
    }
    if (this.#isOpen) this.#flush()
  }

  #submit(request: JobRequest): void {
    const { call, name, options } = request
    this.#keep({
      call,
      key: options?.key === undefined ? undefined : `${name}/${options.key}`,
      request,
      job: undefined,
      signature: undefined,
      state: 'new',
      outcome: undefined,
      leaves: undefined,
      heardAt: this.ticks,
      expiresAt: options?.expiresAt,
      timer: undefined,
    })
  }

  #keep(entry: Entry): void {
    const { call, expiresAt, state } = entry
    this.entries.set(call, entry)
    if (state === 'new') this.toAdd.push(entry)
    if (expiresAt !== undefined)
      entry.timer = setTimeout(
        () => this.#leave(entry, 'expired'),
        Math.min(expiresAt - Date.now(), 2 ** 31 - 1),
      ).unref()
  }

  #leave(entry: Entry | undefined, why: Leaving): void {
    if (entry === undefined || entry.leaves === 'cancelled') return
    entry.leaves = why
    if (entry.state === 'added') this.cancellations.add(entry)
    else if (entry.state === 'new') this.endCancelled(entry) // else `added` checks again
  }

  /** The worker that had the call may be gone, or may have missed the message. */
  #leaveAgain(): void {
    for (const entry of this.entries.values())
      if (entry.leaves !== undefined && entry.state === 'added') this.cancellations.add(entry)
  }

  #flush(): void {
    while (this.#adder.mayAdd()) this.#follow(this.#add())
  }

  async #add(): Promise<void> {
    await this.#adder.add()
    if (!this.isOver) this.#flush()
  }

  /** Closing waits for it. */
  #follow(work: Promise<void>): void {
    this.#underway.add(work)
    void work.finally(() => this.#underway.delete(work))
  }

  /** Sends the workers the cancellations made just before closing. Limited in time, as Redis may be gone. */
  async #finish(): Promise<void> {
    const deadline = Date.now() + FINISH_MS
    for (;;) {
      this.#flush()
      const { sending } = this.cancellations
      const underway = [...this.#underway, ...(sending === undefined ? [] : [sending])]
      const rest = deadline - Date.now()
      if (underway.length === 0 || rest <= 0) return
      await within(rest, Promise.all(underway))
    }
  }

  protected override beat(silent: number): void {
    this.ticks++
    if (silent >= this.#limit) return this.#giveUp()
    if (!this.#isOpen || silent > 0) return
    this.replies?.trim()
    if (this.ticks % LEAVE_AGAIN_TICKS === 0 && this.cancellations.sending === undefined) this.#leaveAgain()
    void this.silent.ask()
  }

  /** Redis does not answer, and may never answer again. Until it does, no call waits longer than the limit for it. */
  #giveUp(reason?: string): void {
    const limit = this.#limit
    const message = `Redis at ${addressOf(this.settings)} has not answered for ${limit} ms`
    const before = this.#isOpen ? this.ticks - limit / BEAT_MS : Number.POSITIVE_INFINITY
    for (const entry of this.#isOpen || this.#wasOpen ? [...this.entries.values()] : []) {
      if (entry.heardAt > before) continue
      entry.leaves = 'cancelled' // jobs that are being added are removed when Redis is back
      this.end(entry, { how: 'unreachable', message })
    }
    if (!this.#isOpen) this.break(this.#wasOpen ? message : (reason ?? message), true)
  }

  async #answer(ask: Ask): Promise<void> {
    const { number } = ask
    const { connectTimeout } = this.settings
    this.#asks.add(ask)
    try {
      await this.#opened
      const value = await within(connectTimeout, askQueue(ask, this))
      if (value === undefined) throw new Error(`no answer within ${connectTimeout} ms`)
      this.#post({ kind: 'answer', number, value })
    } catch (error) {
      this.#post({ kind: 'answer', number, value: undefined, error: String(error) })
    }
    this.#asks.delete(ask)
  }

  async #close(): Promise<void> {
    if (this.#isOpen) {
      await this.#finish()
      if (this.replies !== undefined)
        await within(FINISH_MS, this.replies.close(this.entries.size === 0)).catch(() => {})
    }
    this.#end()
  }

  #end(): void {
    if (this.isOver) return // another client continues
    this.#post({ kind: 'closed' })
    this.disconnect()
  }

  protected override disconnect(): void {
    for (const { timer } of this.entries.values()) clearTimeout(timer)
    super.disconnect()
  }
}

function cancelled({ leaves }: Entry): Outcome {
  return { how: leaves === 'expired' ? 'expired' : 'cancelled' }
}
