import type { Redis } from 'ioredis'
import type { Connection } from '../connection-options.ts'
import { connect, evictionWarning, failureOf } from './connect.ts'
import { Names, Scripts } from './scripts.ts'
import { Watch } from './watch.ts'
import { within } from './within.ts'

/** All that a client thread has of Redis. */
export interface Session {
  readonly redis: Redis
  /** For a command that waits, or for subscriptions. */
  readonly second: Redis
  readonly names: Names
  readonly scripts: Scripts
  readonly watch: Watch
}

/**
 * Connects twice.
 * @param onTick called each second, with the ms for which Redis has not answered
 * @throws ConnectFailure that says what to do
 */
export async function openSession(
  to: Connection,
  [first, other]: readonly [string, string],
  warn: (message: string) => void,
  onTick: (silent: number) => void,
): Promise<Session> {
  const [redis, second] = await Promise.all([connect(to, first), connect(to, other)])
  const names = new Names(`${to.prefix}:${to.queue}:`, redis.options.db ?? 0)
  return { redis, second, names, scripts: new Scripts(redis, names), watch: new Watch(redis, to, warn, onTick) }
}

/**
 * Returns a warning if the server may lose calls.
 * @param bullmq a Queue or Worker on this connection
 * @throws ConnectFailure if BullMQ can't use the server, or if this user can't run a script that writes there
 */
export async function checkSession(
  { redis, scripts }: Session,
  to: Connection,
  bullmq: { waitUntilReady(): Promise<unknown> },
): Promise<string | undefined> {
  let last = new Error('no answer')
  redis.on('refused' as never, (error: Error) => {
    last = error
  })
  const probe = bullmq.waitUntilReady().then(() => scripts.probe())
  try {
    if ((await within(to.connectTimeout, probe)) === undefined) throw last
  } catch (error) {
    throw failureOf(to, error)
  }
  return await evictionWarning(redis).catch(() => undefined)
}
