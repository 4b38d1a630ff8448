import type { Queue } from 'bullmq'
import type { QueueStatus, ToSubmittingClient } from '../calls/protocol.ts'
import { GONE, type Scripts } from '../redis/scripts.ts'

/** A question about the queue, which is answered. */
export type Ask = ToSubmittingClient & { readonly kind: 'ask' }

export async function askQueue(what: Ask['what'], queue: Queue, scripts: Scripts): Promise<unknown> {
  if (what === 'ready') return true
  if (what === 'status') return await readStatus(queue)
  const [answer] = await scripts.cancel('cancel', [`|${what.cancel}`])
  return answer !== GONE
}

async function readStatus(queue: Queue): Promise<QueueStatus> {
  const [counts, workers] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
    queue.getWorkers(),
  ])
  const { wait = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
  return {
    waiting: wait + prioritized,
    active,
    delayed,
    failed,
    workers: workers.map(({ rawname = '', addr = '', age = '0' }) => ({
      name: rawname.split(':w:')[1] ?? rawname,
      address: addr,
      age: 1000 * Number(age),
    })),
  }
}
