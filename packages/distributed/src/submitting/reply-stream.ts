// The replies to one submitter, in a stream that only it reads, so that a call costs the same with any number of
// submitters. Replies are trimmed soon after they were read.

import { setTimeout } from 'node:timers/promises'
import { BLOCK_MS } from '../redis/connect.ts'
import type { RedisClient } from '../redis/redis-client.ts'

/** A message of a worker to the waiters of a call. */
export interface Reply {
  readonly id: string
  readonly kind: string
  readonly text: string
}

const AT_ONCE = 1000
const READ_AGAIN_MS = 200

export class ReplyStream {
  readonly #client: RedisClient
  readonly #key: string
  readonly #take: (reply: Reply) => void
  /** The last reply that was read. */
  last: string
  #trimmed = '0-0'
  #isOver = false

  constructor(client: RedisClient, key: string, take: (reply: Reply) => void, last: string) {
    this.last = last
    this.#client = client
    this.#key = key
    this.#take = take
  }

  /** Reads until it is closed. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      try {
        this.#takeAll(
          await this.#client.second.xread('COUNT', AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', this.#key, this.last),
        )
      } catch {
        await setTimeout(READ_AGAIN_MS, undefined, { ref: false }) // the client reconnects
      }
    }
  }

  /** Reads all replies that were sent before this call. */
  async drain(): Promise<void> {
    while (
      this.#takeAll(await this.#client.redis.xread('COUNT', AT_ONCE, 'STREAMS', this.#key, this.last)) === AT_ONCE
    );
  }

  /** Removes the replies that were read. */
  trim(): void {
    if (this.#trimmed === this.last) return
    this.#trimmed = this.last
    const [ms = '0', sequence = '0'] = this.last.split('-')
    this.#client.redis.xtrim(this.#key, 'MINID', `${ms}-${Number(sequence) + 1}`).catch(() => {}) // the next one does
  }

  /** Another server has another clock. */
  restart(): void {
    this.last = '0-0'
  }

  /** @param isRead nothing is expected any more */
  async close(isRead: boolean): Promise<void> {
    this.#isOver = true
    if (isRead) await this.#client.redis.del(this.#key)
  }

  #takeAll(answer: Awaited<ReturnType<RedisClient['redis']['xread']>>): number {
    const entries = answer?.[0]?.[1] ?? []
    for (const [at, fields] of entries) {
      if (this.#isBefore(at)) continue // the other connection was first
      this.last = at
      const [, id = '', , kind = '', , text = ''] = fields ?? []
      this.#take({ id, kind, text })
    }
    return entries.length
  }

  #isBefore(at: string): boolean {
    const [ms = 0, sequence = 0] = at.split('-').map(Number)
    const [lastMs = 0, lastSequence = 0] = this.last.split('-').map(Number)
    return ms < lastMs || (ms === lastMs && sequence <= lastSequence)
  }
}
