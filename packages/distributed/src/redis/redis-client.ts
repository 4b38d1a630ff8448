import type { Redis } from 'ioredis'
import { Clock } from './clock.ts'
import { ConnectFailure, connect, failureOf } from './connect.ts'
import type { Connection } from './connection-options.ts'
import { Envelope } from './envelope.ts'
import { BEAT_MS, Pulse } from './pulse.ts'
import { describeRefusal, isConnectionError } from './refusal.ts'
import { Scripts } from './scripts.ts'
import { addressOf } from './server-of.ts'
import { within } from './within.ts'

const REPORT_AFTER = 3 // beats
const FORGET_MS = 60_000

/** The base class of submitters and workers: opens two connections to Redis, watches them, and closes them. */
export abstract class RedisClient {
  readonly envelope: Envelope
  readonly clock: Clock = new Clock()
  redis!: Redis
  /** For a command that waits, or for subscriptions. */
  second!: Redis
  scripts!: Scripts
  /** It was closed, or has left. */
  isOver = false
  readonly #to: Connection
  readonly #troubles = new Map<string, number>() // when each kind of trouble was last there
  #troubleAt = Number.NEGATIVE_INFINITY
  #pulse: Pulse | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(to: Connection) {
    this.#to = to
    this.envelope = new Envelope(to.secret, `${to.prefix}:${to.queue}:`)
  }

  protected abstract warn(message: string): void

  /** Called each second, with the ms since the last answer of Redis. */
  protected beat(_silent: number): void {}

  /** @throws ConnectFailure that says what to do */
  protected async connect(
    first: string,
    second: string,
    connectTimeout: number = this.#to.connectTimeout,
  ): Promise<void> {
    const to = { ...this.#to, connectTimeout }
    ;[this.redis, this.second] = await Promise.all([connect(to, first), connect(to, second)])
    this.scripts = new Scripts(this.redis, `${to.prefix}:${to.queue}:`)
    this.#watch(`Redis at ${addressOf(to)}`)
    if (!this.isOver) return
    this.disconnect()
    throw new ConnectFailure('It was closed while it connected')
  }

  #watch(server: string): void {
    const pulse = new Pulse(this.redis, this.clock, (error) => {
      if (pulse.silent >= REPORT_AFTER) this.warn(`${server} answers again`)
      if (error !== undefined) this.trouble(error)
    })
    const other = new Pulse(this.second)
    this.redis.on('refused' as never, (error: Error) => this.trouble(error))
    this.#pulse = pulse
    this.#timer = setInterval(() => {
      pulse.beat()
      other.beat()
      if (pulse.silent === REPORT_AFTER)
        this.warn(`${server} has not answered for ${REPORT_AFTER} s. It is asked again until it does`)
      this.beat(pulse.silent * BEAT_MS)
    }, BEAT_MS).unref() // a connection keeps the thread alive, where one should
  }

  /**
   * @param bullmq a Queue or Worker on this connection; it warns by itself if the server may evict calls
   * @throws ConnectFailure if BullMQ can't use the server, or if this user can't run a script that writes there
   */
  protected async check(bullmq: { waitUntilReady(): Promise<unknown> }): Promise<void> {
    let last = new Error('no answer')
    this.redis.on('refused' as never, (error: Error) => {
      last = error
    })
    const probe = async (): Promise<number> => {
      await bullmq.waitUntilReady()
      await this.clock.read(this.redis)
      return await this.scripts.probe()
    }
    try {
      if ((await within(this.#to.connectTimeout, probe())) === undefined) throw last
    } catch (error) {
      throw failureOf(this.#to, error)
    }
  }

  /** Whether Redis has answered lately, and has refused nothing. */
  get isWell(): boolean {
    const { silent = REPORT_AFTER } = this.#pulse ?? {}
    return silent < REPORT_AFTER && performance.now() - this.#troubleAt > REPORT_AFTER * BEAT_MS
  }

  /**
   * Reports an error, once for each kind, unless it says that the connection is gone, which is reported when Redis does
   * not answer.
   */
  protected trouble(error: unknown): void {
    if (isConnectionError(error) || EXPECTED.test((error as Error).message)) return
    this.#troubleAt = performance.now()
    const text = describeRefusal(error)
    const kind = text.replace(/[\w-]*\d[\w-]*/g, '') // without ids
    if (Date.now() - (this.#troubles.get(kind) ?? 0) > FORGET_MS) this.warn(`Redis at ${addressOf(this.#to)} ${text}`)
    this.#troubles.set(kind, Date.now())
  }

  protected disconnect(): void {
    this.isOver = true
    clearInterval(this.#timer)
    this.redis?.disconnect()
    this.second?.disconnect()
  }
}

/** Consequences of a lost lock, which the worker handles. */
const EXPECTED = /could not renew lock|Missing (?:lock|key) for job|not in the active state|Lock mismatch|not owned/
