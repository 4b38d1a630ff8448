import { Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { HostFuture } from '@spindle/loop/internal'
import { StreamTransport } from './stream-transport.ts'

/** The handles of Node that are open. Waits a while for those to be closed that are more than `expected`. */
export async function openHandles(expected = Number.POSITIVE_INFINITY): Promise<number> {
  const count = (): number => process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate/.test(name)).length // the test runner has some
  for (let n = 0; n < 100 && count() > expected; n++) await new Promise((resolve) => setTimeout(resolve, 10))
  return count()
}

/** What there is of connections and of those who wait, after a garbage collection, and of listeners of this process. */
export function census(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of [Socket, StreamTransport, HostFuture]) {
    counts[kind.name] = queryObjects(kind as never, { format: 'count' }) as unknown as number // its type is of a later Node
  }
  counts['listeners'] = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return counts
}
