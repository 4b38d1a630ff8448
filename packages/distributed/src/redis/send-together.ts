import type { Redis } from 'ioredis'

/** Sends all commands of this turn to Redis in one write. A system call takes as long as the script that it carries. */
export function sendTogether({ stream }: Redis): void {
  if (stream === undefined || stream === null) return // not connected, or a cluster
  stream.cork()
  process.nextTick(() => stream.uncork())
}
