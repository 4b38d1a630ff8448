import { createHmac, timingSafeEqual } from 'node:crypto'

const SEALED = /^hmac:([\w-]{43})(.*)$/s

/** The options of a job that a worker follows. */
interface SignedOptions {
  readonly attempts?: number | undefined
  readonly backoff?: number | { readonly delay?: number | undefined } | undefined
  readonly delay?: number | undefined
  readonly timestamp?: number | undefined
  readonly telemetry?: { readonly metadata?: string | undefined } | undefined
}

/**
 * Seals what crosses Redis with a secret that programs and workers share: calls, replies and cancellations. A seal
 * covers the queue, and whatever says which question the text answers. So a text has no value in another place than
 * that for which it was sealed. Without a secret, nothing is sealed or checked.
 */
export class Envelope {
  readonly #secret: string | undefined
  readonly #queue: string

  /** @param queue the prefix of its keys */
  constructor(secret: string | undefined, queue: string) {
    this.#secret = secret
    this.#queue = queue
  }

  get isUsed(): boolean {
    return this.#secret !== undefined
  }

  /** HMAC-SHA256 of the JSON of the queue and `parts`; undefined without a secret. */
  sign(...parts: readonly unknown[]): string | undefined {
    if (this.#secret === undefined) return undefined
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([this.#queue, ...parts]))
      .digest('base64url')
  }

  /** Signs a call. @param data without a signature */
  signCall(id: string, name: string, data: object, options: SignedOptions): string | undefined {
    const { attempts, backoff, delay, timestamp, telemetry } = options
    const pause = typeof backoff === 'object' ? backoff.delay : backoff
    return this.sign('call', id, name, data, [attempts, pause, delay, timestamp, telemetry?.metadata])
  }

  /** Whether a signature is the one that `sign` returns. */
  isSame(signature: unknown, expected: string | undefined): boolean {
    if (expected === undefined) return true
    const given = Buffer.from(String(signature))
    return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected))
  }

  /** The text behind its seal. @param about what it is, and of what */
  seal(text: string, ...about: readonly unknown[]): string {
    return this.#secret === undefined ? text : `hmac:${this.sign(...about, text)}${text}`
  }

  /** @throws TypeError if it was not sealed for this */
  open(sealed: string, ...about: readonly unknown[]): string {
    const [, signature, text = ''] = SEALED.exec(sealed) ?? []
    if (this.#secret === undefined && signature === undefined) return sealed
    if (this.#secret !== undefined && this.isSame(signature, this.sign(...about, text))) return text
    const problem =
      this.#secret === undefined
        ? 'signed, and this program has no secret'
        : 'not signed with the secret of this program'
    throw new TypeError(`the ${about.slice(0, 2).join(' of ')} is ${problem}: both sides need the same`)
  }

  /** Whether a text was sealed for this. */
  accepts(sealed: string, ...about: readonly unknown[]): boolean {
    try {
      this.open(sealed, ...about)
      return true
    } catch {
      return false
    }
  }
}
