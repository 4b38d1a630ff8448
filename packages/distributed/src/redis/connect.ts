// BullMQ and ioredis are loaded when they are needed: on the client threads of programs, and by workers.

import { createRequire } from 'node:module'
import type { Redis } from 'ioredis'
import type { Connection } from './connection-options.ts'
import { describeRefusal } from './refusal.ts'
import { addressOf } from './server-of.ts'
import { within } from './within.ts'

/** A connection could not be made. */
export class ConnectFailure extends Error {}

/** After how many ms a new connection, or one to a node of a cluster, counts as dead. */
const DEAD_MS = 5000

/** How long a blocking command may wait: much less, so that the connection is known to be alive. */
export const BLOCK_MS = 2000

/** Loads BullMQ as CommonJS, which takes less than half the time of its 100 ES modules. */
export function loadBullMQ(): typeof import('bullmq') {
  return load('bullmq')
}

const load = createRequire(import.meta.url) as <T>(name: string) => T

/**
 * Connects to Redis, and waits for its first answer.
 *
 * @throws ConnectFailure that says what to do: no server within `connectTimeout` ms, a wrong password
 */
export async function connect(to: Connection, name: string): Promise<Redis> {
  const redis = newClient(to, name)
  let last: unknown = new Unanswered('the host does not answer')
  redis.on('connect', () => {
    last = new Unanswered('the connection is accepted, but nothing answers')
  })
  const refused = new Promise<never>((_, reject) => {
    redis.on('error', (error: Error & { readonly lastNodeError?: Error }) => {
      last = error.lastNodeError ?? error
      const { message } = last as Error
      if (REFUSED.test(message) || UNTRUSTED.test(message)) reject(last) // it would only come back
    })
  })
  try {
    if ((await within(to.connectTimeout, Promise.race([redis.ping(), refused]))) === undefined) throw last
    return redis
  } catch (error) {
    redis.disconnect()
    throw failureOf(to, error)
  }
}

/** The program does not stay alive for the connection. */
export function letEnd(redis: Redis): void {
  const unref = (): void => {
    const { stream, reconnectTimeout } = redis as unknown as Record<string, { unref(): void } | null | undefined>
    stream?.unref()
    reconnectTimeout?.unref()
  }
  unref()
  redis.on('reconnecting', unref)
  redis.on('connecting', () => setImmediate(unref)) // then it has a socket
}

/** What was seen, if there was no error. */
class Unanswered extends Error {}

/** A client that connects, and reconnects whenever the connection breaks. */
export function newClient({ url, redis: { cluster, ...given }, connectTimeout }: Connection, name: string): Redis {
  const { Cluster, Redis } = load<typeof import('ioredis')>('ioredis')
  let refusedAt = 0
  const options = {
    ...given,
    maxRetriesPerRequest: null, // required by BullMQ: commands wait for the connection
    connectionName: name,
    // A replica is asked again and again until the fail-over is over.
    retryStrategy: (times: number) => (Date.now() - refusedAt < 1000 ? 500 : Math.min(50 * times, 1000)),
    connectTimeout: Math.min(connectTimeout, DEAD_MS),
    reconnectOnError: (error: Error) => {
      if (!/READONLY/.test(error.message)) return false
      refusedAt = Date.now()
      redis.emit('refused', error)
      return 2 as const // and send the command again
    },
  }
  const redis: Redis =
    cluster === undefined
      ? new Redis(url, options)
      : (new Cluster([...cluster], { redisOptions: { ...options, socketTimeout: DEAD_MS } }) as unknown as Redis) // BullMQ takes both
  // ioredis listens for the end of the socket at each refusal, and Node would warn of a leak. A cluster has no socket.
  redis.on('connect', () => (redis.stream as Redis['stream'] | undefined)?.setMaxListeners(0))
  return redis
}

const REFUSED = /WRONGPASS|NOAUTH|invalid password|no password is set/i
const UNTRUSTED = /certificate|altnames/i

export function failureOf(to: Connection, cause: unknown): ConnectFailure {
  const { name, message, code } = cause as NodeJS.ErrnoException
  const at = `Redis at ${addressOf(to)}`
  const waited = `waited ${to.connectTimeout} ms`
  let text = `There is no Redis server at ${addressOf(to)}, ${waited}: ${message || code}. `
  text += 'Start one (`redis-server`), or say where it is: the option `url`, or SPINDLE_REDIS_URL'
  if (cause instanceof Unanswered || code === 'ETIMEDOUT') text = `${at} has not answered, ${waited}: ${message}`
  else if (REFUSED.test(message))
    text = `${at} refused the password: ${message.replace(/\.$/, '')}. Correct it in the URL`
  else if (UNTRUSTED.test(message))
    text = `The certificate of ${at} is not trusted: ${message}. Start with NODE_EXTRA_CA_CERTS=<the file of its authority>`
  else if (name === 'ReplyError') text = `${at} ${describeRefusal(cause)}`
  else if (/version/.test(message)) text = `${at} can't be used: ${message}`
  return new ConnectFailure(text, { cause })
}
