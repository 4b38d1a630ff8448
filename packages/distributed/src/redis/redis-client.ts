import type { Redis } from 'ioredis'
import { ConnectFailure, connect, failureOf } from './connect.ts'
import type { Connection } from './connection-options.ts'
import { Scripts } from './scripts.ts'
import { Signer } from './signer.ts'
import { Watch } from './watch.ts'
import { within } from './within.ts'

/** The base class of submitters and workers: opens two connections to Redis, watches them, and closes them. */
export abstract class RedisClient {
  readonly signer: Signer
  redis!: Redis
  /** For a command that waits, or for subscriptions. */
  second!: Redis
  scripts!: Scripts
  watch!: Watch
  /** It was closed, or has left. */
  isOver = false
  readonly #to: Connection

  constructor(to: Connection) {
    this.#to = to
    this.signer = new Signer(to.secret)
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
    this.watch = new Watch(
      [this.redis, this.second],
      to,
      (message) => this.warn(message),
      (silent) => this.beat(silent),
    )
    if (!this.isOver) return
    this.disconnect()
    throw new ConnectFailure('It was closed while it connected')
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
    const probe = bullmq.waitUntilReady().then(() => this.scripts.probe())
    try {
      if ((await within(this.#to.connectTimeout, probe)) === undefined) throw last
    } catch (error) {
      throw failureOf(this.#to, error)
    }
  }

  protected disconnect(): void {
    this.isOver = true
    this.watch?.stop()
    this.redis?.disconnect()
    this.second?.disconnect()
  }
}
