import type { Redis } from 'ioredis'

/** Sends what is written to Redis in this turn at once. A system call takes as long as the script that it carries. */
export function sendTogether({ stream }: Redis): void {
  if (stream === undefined || stream === null) return // not connected, or a cluster
  stream.cork()
  process.nextTick(() => stream.uncork())
}
