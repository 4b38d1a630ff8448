// Says what is wrong between this side and Redis, once for each kind of trouble.

import type { Redis } from 'ioredis'
import { describeRefusal } from './refusal.ts'
import { serverOf } from './server-of.ts'

const REPORT_AFTER = 3 // seconds
const FORGET_MS = 60_000
const TICK_MS = 1000

export class Watch {
  readonly #server: string
  readonly #warn: (message: string) => void
  readonly #redis: Redis
  readonly #others: readonly Redis[]
  readonly #seen = new Map<string, number>() // when each kind of trouble was last there
  #isAsking = false
  #silent = 0 // how many seconds; a machine that was asleep has missed no answer
  #troubleAt = Number.NEGATIVE_INFINITY

  /** @param others connections that send nothing by themselves: one is found dead if it does not answer */
  constructor(redis: Redis, url: string, warn: (message: string) => void, others: readonly Redis[] = []) {
    this.#redis = redis
    this.#others = others
    this.#server = `Redis at ${serverOf(url)}`
    this.#warn = warn
    redis.on('refused' as never, (error: Error) => this.trouble(error))
    setInterval(() => this.#tick(), TICK_MS)
  }

  /** Whether Redis has answered lately, and has refused nothing. */
  get isWell(): boolean {
    return this.#silent < REPORT_AFTER && performance.now() - this.#troubleAt > REPORT_AFTER * 1000
  }

  /** Reports an error, unless it says that the connection is gone, which is reported when Redis does not answer. */
  trouble(error: unknown): void {
    const { message, code } = error as { message: string; code?: string }
    if (CONNECTION.test(`${code} ${message}`) || EXPECTED.test(message)) return
    this.#troubleAt = performance.now()
    const text = describeRefusal(error)
    const kind = text.replace(/[\w-]*\d[\w-]*/g, '') // without ids
    if (Date.now() - (this.#seen.get(kind) ?? 0) > FORGET_MS) this.#warn(`${this.#server} ${text}`)
    this.#seen.set(kind, Date.now())
  }

  #tick(): void {
    for (const other of this.#others) other.ping().catch(() => {})
    if (this.#isAsking) {
      if (++this.#silent === REPORT_AFTER)
        this.#warn(`${this.#server} has not answered for ${REPORT_AFTER} s. It is asked again until it does`)
      return
    }
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

const CONNECTION = /clos|E(?:CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN)|Socket timeout|writ[ae]ble/

/** What follows from a lost lock, to which the worker sees. */
const EXPECTED = /could not renew lock|Missing (?:lock|key) for job|not in the active state|Lock mismatch|not owned/
