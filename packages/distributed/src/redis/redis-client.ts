import type { Redis } from 'ioredis'
import type { FromClient } from '../calls/protocol.ts'
import { type ClientPort, OwnerPort } from './client-thread.ts'
import { brokenMessage, connect, failureOf } from './connect.ts'
import type { Connection } from './connection-options.ts'
import { Scripts } from './scripts.ts'
import { Signer } from './signer.ts'
import { Watch } from './watch.ts'
import { within } from './within.ts'

/** The common base of the client threads of submitters and workers: two connections, and an owner to report to. */
export abstract class RedisClient<To, From extends { readonly kind: string }> {
  protected readonly owner: OwnerPort<To, From | FromClient>
  protected readonly signer: Signer
  protected redis!: Redis
  /** For a command that waits, or for subscriptions. */
  protected second!: Redis
  protected scripts!: Scripts
  protected watch!: Watch
  protected isBroken = false
  readonly #to: Connection

  /** @param afterBatch called when messages that have come together are taken */
  constructor(options: Connection & ClientPort, afterBatch?: () => void) {
    this.#to = options
    this.signer = new Signer(options.secret)
    this.owner = new OwnerPort(options, (message) => this.take(message), afterBatch)
  }

  /** Serves its owner until that has it close. */
  async run(): Promise<void> {
    process.on('uncaughtException', (error) => this.break(error))
    try {
      await this.open()
    } catch (error) {
      this.break(error)
    }
  }

  protected abstract take(message: To): void
  protected abstract open(): Promise<void>
  protected abstract close(): Promise<void>
  /** Called each second, with the ms since the last answer of Redis. */
  protected abstract tick(silent: number): void

  /** It can't continue. */
  protected break(error: unknown): void {
    this.owner.post(brokenMessage(error))
    this.isBroken = true
    void this.close()
  }

  protected warn(message: string): void {
    this.owner.post({ kind: 'warning', message })
  }

  /** @throws ConnectFailure that says what to do */
  protected async connect(first: string, second: string): Promise<void> {
    const to = this.#to
    ;[this.redis, this.second] = await Promise.all([connect(to, first), connect(to, second)])
    this.scripts = new Scripts(this.redis, `${to.prefix}:${to.queue}:`)
    this.watch = new Watch(
      this.redis,
      to,
      (message) => this.warn(message),
      (silent) => this.tick(silent),
    )
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
}
