import type { Queue } from 'bullmq'
import type { QueueStatus, ToSubmittingClient } from '../calls/protocol.ts'
import { GONE } from '../redis/scripts.ts'
import type { SubmittingClient } from './submitting-client.ts'

/** A question about the queue, which is answered. */
export type Ask = ToSubmittingClient & { readonly kind: 'ask' }

export async function askQueue({ number, what }: Ask, client: SubmittingClient): Promise<unknown> {
  const { queue, scripts, envelope, settings } = client
  if (what === 'ready') return true
  if (what === 'status') return await readStatus(queue)
  const job = what.cancel
  const reply = envelope.seal('', 'cancelled', job, '')
  const call = ['', job, envelope.seal('cancelled', 'cancellation', job), reply] as const
  // A client that continues for another asks with the same number.
  const [answer] = await scripts.cancel([call], settings.resultTtl, `${settings.submitter}-${number}`)
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
