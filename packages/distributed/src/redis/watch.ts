// Reports trouble between this side and Redis, once for each kind.

import type { Redis } from 'ioredis'
import type { Connection } from './connection-options.ts'
import { describeRefusal, isConnectionError } from './refusal.ts'
import { addressOf } from './server-of.ts'

const REPORT_AFTER = 3 // seconds
const FORGET_MS = 60_000
const TICK_MS = 1000

export class Watch {
  readonly #server: string
  readonly #warn: (message: string) => void
  readonly #redis: Redis
  readonly #onTick: (silent: number) => void
  readonly #seen = new Map<string, number>() // when each kind of trouble was last there
  #isAsking = false
  #silent = 0 // how many seconds; a machine that was asleep has missed no answer
  #troubleAt = Number.NEGATIVE_INFINITY

  /** @param onTick called each second, with the ms since the last answer of Redis */
  constructor(redis: Redis, to: Connection, warn: (message: string) => void, onTick: (silent: number) => void) {
    this.#redis = redis
    this.#server = `Redis at ${addressOf(to)}`
    this.#warn = warn
    this.#onTick = onTick
    redis.on('refused' as never, (error: Error) => this.trouble(error))
    setInterval(() => this.#tick(), TICK_MS)
  }

  /** Whether Redis has answered lately, and has refused nothing. */
  get isWell(): boolean {
    return this.#silent < REPORT_AFTER && performance.now() - this.#troubleAt > REPORT_AFTER * 1000
  }

  /** Reports an error, unless it says that the connection is gone, which is reported when Redis does not answer. */
  trouble(error: unknown): void {
    if (isConnectionError(error) || EXPECTED.test((error as Error).message)) return
    this.#troubleAt = performance.now()
    const text = describeRefusal(error)
    const kind = text.replace(/[\w-]*\d[\w-]*/g, '') // without ids
    if (Date.now() - (this.#seen.get(kind) ?? 0) > FORGET_MS) this.#warn(`${this.#server} ${text}`)
    this.#seen.set(kind, Date.now())
  }

  #tick(): void {
    if (!this.#isAsking) this.#ask()
    else if (++this.#silent === REPORT_AFTER)
      this.#warn(`${this.#server} has not answered for ${REPORT_AFTER} s. It is asked again until it does`)
    this.#onTick(this.#silent * TICK_MS)
  }

  #ask(): void {
    this.#isAsking = true
    const answered = (error?: unknown): void => {
      if (this.#silent >= REPORT_AFTER) this.#warn(`${this.#server} answers again`)
      this.#isAsking = false
      this.#silent = 0
      if (error !== undefined) this.trouble(error)
    }
    this.#redis.ping().then(() => answered(), answered)
  }
}

/** Consequences of a lost lock, which the worker handles. */
const EXPECTED = /could not renew lock|Missing (?:lock|key) for job|not in the active state|Lock mismatch|not owned/
