// A worker that uses BullMQ alone. Arguments: url, queue, concurrency.

import { Worker } from 'bullmq'
import { Redis } from 'ioredis'

const [url = '', queue = '', concurrency = '50'] = process.argv.slice(2)
const worker = new Worker(queue, async (job) => job.data.n * job.data.n, {
  connection: new Redis(url, { maxRetriesPerRequest: null }),
  concurrency: Number(concurrency),
})
await worker.waitUntilReady()
console.log('ready')
