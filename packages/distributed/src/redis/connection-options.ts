import { repr } from 'spindle/internal'
import { checkInteger } from '../calls/call-options.ts'
import type { Telemetry } from '../calls/telemetry.ts'
import { serverOf } from './server-of.ts'

/** Options that an executor and its workers have in common, and which have to agree. */
export interface ConnectionOptions {
  /**
   * The URL of the Redis server; `rediss://` for TLS.
   * @default SPINDLE_REDIS_URL, REDIS_URL, or redis://127.0.0.1:6379
   */
  readonly url?: string | undefined
  /** Further options of the connection. */
  readonly redis?: RedisOptions | undefined
  /** The name of the queue. @default 'spindle' */
  readonly queue?: string | undefined
  /** The beginning of the keys of all queues. @default 'bull' */
  readonly prefix?: string | undefined
  /** Signs calls and results: a side with a secret takes nothing that is not signed with it. @default SPINDLE_SECRET */
  readonly secret?: string | undefined
  /**
   * After how many ms without a server a worker fails at its start, and calls with a ConnectionError. If the server was
   * there before and does not come back, calls fail after six times as many. @default 10_000
   */
  readonly connectTimeout?: number | undefined
  /** Makes a span of each call, and connects them over all machines: `new BullMQOtel(…)` of `bullmq-otel`. */
  readonly telemetry?: Telemetry | undefined
}

/**
 * Options of [ioredis](https://redis.github.io/ioredis), such as `tls` with a client certificate, `sentinels` and
 * `name`. They are copied to another thread, so they hold no functions.
 */
export interface RedisOptions {
  /** Some nodes of a Redis Cluster. The name of the queue then has a hash tag: `'{spindle}'`. */
  readonly cluster?: readonly { readonly host: string; readonly port: number }[] | undefined
  readonly [option: string]: unknown
}

/** The settings with which a side connects. */
export type Connection = {
  readonly [K in Exclude<keyof ConnectionOptions, 'secret' | 'telemetry'>]-?: Exclude<ConnectionOptions[K], undefined>
} & { readonly secret: string | undefined }

export const CONNECTION_NAMES = ['url', 'redis', 'queue', 'prefix', 'secret', 'telemetry', 'connectTimeout'] as const

/** @throws TypeError or RangeError */
export function checkedConnection(
  options: ConnectionOptions,
): Connection & { readonly telemetry: Telemetry | undefined } {
  const { redis = {}, queue = 'spindle', prefix = 'bull', connectTimeout = 10_000 } = options
  const { secret = process.env['SPINDLE_SECRET'], telemetry } = options
  checkInteger('connectTimeout', connectTimeout, 1)
  for (const [name, value] of Object.entries({ queue, prefix })) {
    if (typeof value !== 'string') throw new TypeError(`${name} must be a string, got ${repr(value)}`)
    if (value === '' || value.includes(':'))
      throw new RangeError(`${name} must be a name without ':', got ${repr(value)}`)
  }
  if (secret !== undefined && (typeof secret !== 'string' || secret === ''))
    throw new TypeError('secret must be a string that is not empty')
  try {
    if (Object(redis) !== redis || Array.isArray(redis)) throw new TypeError('no options')
    structuredClone(redis)
  } catch {
    throw new TypeError('redis must be an object of options that can be copied to another thread, without functions')
  }
  return { url: checkedUrl(options.url), redis, queue, prefix, secret, telemetry, connectTimeout }
}

function checkedUrl(given: string | undefined): string {
  const url = given ?? process.env['SPINDLE_REDIS_URL'] ?? process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  // The URL may contain a password, even if it cannot be parsed.
  if (typeof url !== 'string' || !/^rediss?:\/\//.test(url))
    throw new TypeError(
      `url must begin with redis:// or rediss://, got ${repr(typeof url === 'string' ? serverOf(url) : url)}`,
    )
  if (!URL.canParse(url))
    throw new TypeError('url is not a valid URL: in a password, percent-encode what is not a letter or digit')
  return url
}
