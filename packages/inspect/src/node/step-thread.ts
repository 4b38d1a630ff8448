// The helper thread of a monitored process. It answers whatever the other threads do: about the present step from
// shared memory, about what is awaited from the inspector of the main thread, which needs no port. Each connection has
// one request, a line of JSON, and its answer is a line of JSON.

import { createServer, type Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { lookAtThreads } from '../await-tree/await-tree.ts'
import { ofSession } from '../await-tree/inspector.ts'
import { listenForOwner } from './listen-for-owner.ts'
import { now, StepCell, type StepRecord } from './step-cell.ts'

export interface StepRequest {
  readonly do: 'step' | 'awaits'
}

export interface StepAnswer extends StepRecord {
  /** For how many ms. */
  readonly duration: number
  /** How much of one CPU the process used while it was looked at, from 0 on. */
  readonly cpu: number
}

const LOOK_MS = 300

const { memory, path } = workerData as { memory: SharedArrayBuffer; path: string }
const cell = new StepCell(memory)

const server = createServer((socket) => {
  socket.on('error', () => {}) // the client has disconnected
  socket.once('data', (line) => void respond(socket, String(line)))
})
server.on('error', () => {}) // `why` says that nothing answers
server.maxConnections = 10
listenForOwner(server, path)

async function respond(socket: Socket, line: string): Promise<void> {
  let answer: object
  try {
    answer = (JSON.parse(line) as StepRequest).do === 'awaits' ? await awaits() : await step()
  } catch (error) {
    answer = { error: String(error) }
  }
  socket.end(`${JSON.stringify(answer)}\n`)
}

async function step(): Promise<StepAnswer> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  const { user, system } = process.cpuUsage(before)
  const cpu = (user + system) / 1000 / (performance.now() - start)
  const record = cell.read()
  return { ...record, duration: now() - record.since, cpu }
}

async function awaits(): Promise<object> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  return lookAtThreads(ofSession(session), { pause: true })
}
