// Reports trouble between this side and Redis, once for each kind.

import type { Redis } from 'ioredis'
import type { Connection } from './connection-options.ts'
import { BEAT_MS, Pulse } from './pulse.ts'
import { describeRefusal, isConnectionError } from './refusal.ts'
import { addressOf } from './server-of.ts'

const REPORT_AFTER = 3 // beats
const FORGET_MS = 60_000

export class Watch {
  readonly #server: string
  readonly #warn: (message: string) => void
  readonly #seen = new Map<string, number>() // when each kind of trouble was last there
  readonly #pulse: Pulse
  readonly #timer: NodeJS.Timeout
  #troubleAt = Number.NEGATIVE_INFINITY

  /** @param onBeat called each second, with the ms since the last answer of the first connection */
  constructor(
    [redis, second]: readonly [Redis, Redis],
    to: Connection,
    warn: (message: string) => void,
    onBeat: (silent: number) => void,
  ) {
    this.#server = `Redis at ${addressOf(to)}`
    this.#warn = warn
    this.#pulse = new Pulse(redis, (error) => {
      if (this.#pulse.silent >= REPORT_AFTER) warn(`${this.#server} answers again`)
      if (error !== undefined) this.trouble(error)
    })
    const other = new Pulse(second)
    redis.on('refused' as never, (error: Error) => this.trouble(error))
    this.#timer = setInterval(() => {
      this.#pulse.beat()
      other.beat()
      const { silent } = this.#pulse
      if (silent === REPORT_AFTER)
        warn(`${this.#server} has not answered for ${REPORT_AFTER} s. It is asked again until it does`)
      onBeat(silent * BEAT_MS)
    }, BEAT_MS).unref() // a connection keeps the thread alive, where one should
  }

  /** Whether Redis has answered lately, and has refused nothing. */
  get isWell(): boolean {
    return this.#pulse.silent < REPORT_AFTER && performance.now() - this.#troubleAt > REPORT_AFTER * BEAT_MS
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

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Consequences of a lost lock, which the worker handles. */
const EXPECTED = /could not renew lock|Missing (?:lock|key) for job|not in the active state|Lock mismatch|not owned/
