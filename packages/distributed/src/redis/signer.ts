import { createHmac, timingSafeEqual } from 'node:crypto'
import type { JobData } from '../calls/protocol.ts'

const SEALED = /^hmac:([\w-]{43})(.*)$/s

/**
 * Signs calls and replies with a secret that programs and workers share. An attacker who can write to Redis, but does
 * not know the secret, can make neither a call nor a result. Without a secret, nothing is signed or checked.
 */
export class Signer {
  readonly #secret: string | undefined

  constructor(secret: string | undefined) {
    this.#secret = secret
  }

  /** HMAC-SHA256 of the JSON of `value`; undefined without a secret. */
  of(value: unknown): string | undefined {
    if (this.#secret === undefined) return undefined
    return createHmac('sha256', this.#secret).update(JSON.stringify(value)).digest('base64url')
  }

  /** Whether the data of a job of this name has its signature. */
  acceptsCall(name: string, job: Partial<JobData>): boolean {
    if (this.#secret === undefined) return true
    const { signature, ...data } = job
    return this.#accepts([name, data], signature)
  }

  #accepts(value: unknown, signature: unknown): boolean {
    const expected = this.of(value) as string
    const given = Buffer.from(String(signature))
    return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected))
  }

  /** The text of a reply, behind its signature. An empty text has no signature: it contains nothing to forge. */
  seal(id: string, kind: string, text: string): string {
    return this.#secret === undefined || text === '' ? text : `hmac:${this.of([id, kind, text])}${text}`
  }

  /** @throws TypeError if it was not sealed for this call */
  open(id: string, kind: string, sealed: string): string {
    const [, signature, text = ''] = SEALED.exec(sealed) ?? []
    if (this.#secret === undefined ? signature === undefined : sealed === '') return sealed
    if (this.#secret !== undefined && this.#accepts([id, kind, text], signature)) return text
    const problem =
      this.#secret === undefined
        ? 'signed, and this program has no secret'
        : 'not signed with the secret of this program'
    throw new TypeError(`the ${kind} of ${id} is ${problem}: both sides need the same`)
  }
}
