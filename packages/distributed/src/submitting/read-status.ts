import type { Queue } from 'bullmq'
import type { QueueStatus } from '../calls/protocol.ts'

export async function readStatus(queue: Queue): Promise<QueueStatus> {
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
