import type { Redis } from 'ioredis'
import { Clock } from './clock.ts'

/** The interval between two calls of `beat`. */
export const BEAT_MS = 1000
const DEAD_AFTER = 5 // beats

/**
 * Asks a connection in each beat whether Redis answers. A connection that was cut without a word (a NAT entry lost, a
 * machine moved) is dropped, and made again. Counted in beats: a thread that was blocked, or a machine that was asleep,
 * has missed no answer.
 */
export class Pulse {
  readonly #redis: Redis
  readonly #clock: Clock
  readonly #onAnswer: (error?: unknown) => void
  #isAsking = false
  /** The beats since the last answer. */
  silent = 0

  constructor(redis: Redis, clock: Clock = new Clock(), onAnswer: (error?: unknown) => void = () => {}) {
    this.#redis = redis
    this.#clock = clock
    this.#onAnswer = onAnswer
  }

  beat(): void {
    if (!this.#isAsking) this.#ask()
    else if (++this.silent % DEAD_AFTER === 0) this.#redis.disconnect(true)
  }

  #ask(): void {
    this.#isAsking = true
    const answered = (error?: unknown): void => {
      this.#onAnswer(error)
      this.#isAsking = false
      this.silent = 0
    }
    this.#clock.read(this.#redis).then(() => answered(), answered)
  }
}
