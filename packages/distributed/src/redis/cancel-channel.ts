// How cancellations reach the workers of a queue: one message with many ids, sent to all of them. BullMQ's Relay is
// experimental, so this uses plain PUBLISH; no other file depends on that.

import type { Redis } from 'ioredis'

const nameOf = (prefix: string): string => `${prefix}:spindle:cancel`

/** @param prefix the prefix of the queue's keys: `bull:spindle` */
export async function publishCancellations(redis: Redis, prefix: string, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += BATCH)
    await redis.publish(nameOf(prefix), JSON.stringify(ids.slice(start, start + BATCH)))
}

const BATCH = 500

/** Subscribes on a separate connection, and again after each reconnect. */
export async function onCancellations(redis: Redis, prefix: string, take: (id: string) => void): Promise<void> {
  redis.on('message', (_channel: string, text: string) => {
    let ids: unknown
    try {
      ids = JSON.parse(text)
    } catch {
      return // not a message from Spindle
    }
    if (Array.isArray(ids)) for (const id of ids) if (typeof id === 'string') take(id)
  })
  await redis.subscribe(nameOf(prefix))
}
