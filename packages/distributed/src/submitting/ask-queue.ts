import type { Queue } from 'bullmq'
import type { QueueStatus, ToSubmittingClient } from '../calls/protocol.ts'
import { GONE, type Scripts } from '../redis/scripts.ts'

/** A question about the queue, which is answered. */
export type Ask = ToSubmittingClient & { readonly kind: 'ask' }

export async function askQueue(ask: Ask, submitter: string, queue: Queue, scripts: Scripts): Promise<unknown> {
  const { number, what } = ask
  if (what === 'ready') return true
  if (what === 'status') return await readStatus(queue)
  // A client that continues for another asks with the same number.
  const [answer] = await scripts.cancel('cancel', [`|${what.cancel}`], `${submitter}-${number}`)
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
