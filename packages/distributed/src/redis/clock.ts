import type { Redis } from 'ioredis'

const PRECISE_MS = 100 // an answer that took longer says little about the present

/** The clock of Redis, the only one on which all machines agree. Times in jobs are its times. */
export class Clock {
  #ahead: number | undefined // by how many ms Redis is ahead of this machine

  now(): number {
    return this.toRedis(Date.now())
  }

  /** The time of Redis at a time of this machine. */
  toRedis(time: number): number {
    return Math.round(time + (this.#ahead ?? 0))
  }

  toLocal(time: number): number {
    return Math.round(time - (this.#ahead ?? 0))
  }

  /** Asks Redis for its time, which is also the sign that it lives. */
  async read(redis: Redis): Promise<void> {
    const [asked, since] = [Date.now(), performance.now()]
    const [seconds, microseconds] = await redis.time()
    const took = performance.now() - since
    if (took > PRECISE_MS && this.#ahead !== undefined) return
    this.#ahead = Number(seconds) * 1000 + Number(microseconds) / 1000 - asked - took / 2
  }
}
