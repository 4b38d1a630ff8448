// Runs only on client threads, where BullMQ and ioredis are loaded.

import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Redis } from 'ioredis'
import { reasonOf } from 'spindle/internal/thread'
import type { Broken } from '../protocol.ts'
import { describeRefusal } from './refusal.ts'
import type { Scripts } from './scripts.ts'
import { serverOf } from './server-of.ts'
import { within } from './within.ts'

/** A connection could not be made. */
export class ConnectFailure extends Error {}

const OLDEST = [6, 2] as const

/** After how many ms without an answer a connection counts as dead. */
const DEAD_MS = 5000

/** How long a blocking command may wait: much less, so that the connection is known to be alive. */
export const BLOCK_MS = 2000

/** Loads BullMQ as CommonJS, which takes less than half the time of its 100 ES modules. */
export function loadBullMQ(): typeof import('bullmq') {
  return load('bullmq')
}

const load = createRequire(import.meta.url) as <T>(name: string) => T

/** The message of a client thread that can't continue. */
export function brokenMessage(error: unknown): Broken {
  return { kind: 'broken', message: reasonOf(error), isConnection: error instanceof ConnectFailure }
}

/**
 * Connects to Redis; after that, the client reconnects whenever the connection breaks.
 *
 * @throws ConnectFailure that says what to do: no server within `timeout` ms, a wrong password, a server that is too
 * old
 */
export async function connect(url: string, timeout: number, name: string): Promise<Redis> {
  const { Redis } = load<typeof import('ioredis')>('ioredis')
  const redis = new Redis(url, {
    maxRetriesPerRequest: null, // required by BullMQ: commands wait for the connection
    connectionName: name,
    // A replica is asked again and again until the fail-over is over.
    retryStrategy: (times) => (Date.now() - refusedAt < 1000 ? 500 : Math.min(50 * times, 1000)),
    connectTimeout: Math.min(timeout, DEAD_MS),
    // A connection that was cut without a word (a NAT entry lost, a machine moved) is dropped, and made again.
    socketTimeout: DEAD_MS,
    reconnectOnError: (error) => {
      if (!/READONLY/.test(error.message)) return false
      refusedAt = Date.now()
      redis.emit('refused', error)
      return 2 // and send the command again
    },
  })
  let refusedAt = 0
  redis.on('connect', () => joinWrites((redis as unknown as { readonly stream: Socket }).stream))
  let last: Error | undefined
  redis.on('error', (error: Error) => {
    last = error
  })
  try {
    await ready(redis, timeout, () => last)
    await checkVersion(redis)
    return redis
  } catch (error) {
    redis.disconnect()
    throw new ConnectFailure(failureMessage(serverOf(url), error as Error, timeout), { cause: error })
  }
}

/** Sends what is written in one turn by one system call, which saves a good part of the cost of small calls. */
function joinWrites(socket: Socket): void {
  const { write } = socket
  socket.write = (...args: readonly unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(() => socket.uncork())
    }
    return Reflect.apply(write, socket, args) as boolean
  }
}

/** Waits until the first command is answered; does not try again after an error that would only come back. */
async function ready(redis: Redis, timeout: number, last: () => Error | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      redis.ping(),
      new Promise<never>((_, reject) => {
        const check = (): void => {
          const error = last()
          if (error !== undefined && IN_VAIN.some((pattern) => pattern.test(error.message))) reject(error)
        }
        redis.on('error', () => setImmediate(check))
        timer = setTimeout(() => reject(last() ?? new Error('no answer')), timeout)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

const REFUSED = /WRONGPASS|NOAUTH|invalid password|no password is set/i
const UNTRUSTED = /certificate|altnames/i
const IN_VAIN = [REFUSED, UNTRUSTED]

async function checkVersion(redis: Redis): Promise<void> {
  const info = await redis.info('server')
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new Error(`it is Redis ${version}, and ${OLDEST.join('.')} or later is needed`)
}

/** Describes the server's eviction policy if it may lose calls; undefined if the policy is fine or unknown. */
export async function evictionWarning(redis: Redis): Promise<string | undefined> {
  const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1]
  if (policy === undefined || policy === 'noeviction') return undefined
  return `the maxmemory-policy of Redis is ${policy}: it may drop calls when it is full. Set it to noeviction`
}

/** @throws ConnectFailure if this user can't run a script that writes there */
export async function checkWrites(redis: Redis, scripts: Scripts, url: string, timeout: number): Promise<void> {
  let last = new Error('no answer')
  redis.on('refused' as never, (error: Error) => {
    last = error
  })
  try {
    if ((await within(timeout, scripts.probe())) === undefined) throw last
  } catch (error) {
    throw new ConnectFailure(failureMessage(serverOf(url), error as Error, timeout), { cause: error })
  }
}

function failureMessage(url: string, error: Error, timeout: number): string {
  const { message } = error
  if (REFUSED.test(message)) return `Redis at ${url} refused the password: ${message}. Correct it in the URL`
  if (UNTRUSTED.test(message))
    return (
      `The certificate of Redis at ${url} is not trusted: ${message}. ` +
      'Start with NODE_EXTRA_CA_CERTS=<the file of its authority>'
    )
  if (error.name === 'ReplyError') return `Redis at ${url} ${describeRefusal(error)}`
  if (message.startsWith('it is Redis')) return `The server at ${url} can't be used: ${message}`
  return (
    `There is no Redis server at ${url}, waited ${timeout} ms: ${message || (error as NodeJS.ErrnoException).code}. ` +
    'Start one (`redis-server`), or say where it is: the option `url`, or SPINDLE_REDIS_URL'
  )
}
