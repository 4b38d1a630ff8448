// The helper thread of a monitored process. It has only the shared memory, so it answers whatever the others do. Each
// connection gets one line of JSON; nothing is read from it.

import { createServer } from 'node:net'
import { workerData } from 'node:worker_threads'
import { listenForOwner } from './listen-for-owner.ts'
import { now, StepCell, type StepRecord } from './step-cell.ts'
import { isAsleep } from './thread-state.ts'

export interface StepAnswer extends StepRecord {
  /** For how many ms. */
  readonly duration: number
  readonly sleeps: boolean | undefined
}

const { memory, path } = workerData as { memory: SharedArrayBuffer; path: string }
const cell = new StepCell(memory)

const server = createServer((socket) => {
  socket.on('error', () => {}) // the client has disconnected
  void answer().then((text) => socket.end(text))
})
server.on('error', () => {}) // `why` says that nothing answers
server.maxConnections = 10
listenForOwner(server, path)

async function answer(): Promise<string> {
  const sleeps = await isAsleep(process.pid)
  const step = cell.read()
  return `${JSON.stringify({ ...step, duration: now() - step.since, sleeps } satisfies StepAnswer)}\n`
}
