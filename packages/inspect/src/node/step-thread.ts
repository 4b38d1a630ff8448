// The helper thread of a monitored process. It answers even while the main thread computes: it asks the inspector of
// that thread, which needs no port, for the present step and for what is awaited. A connection has one request and one
// answer, each a line of JSON.

import { createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { lookAtThreads } from '../await-tree/await-tree.ts'
import { type Inspector, ofSession } from '../await-tree/inspector.ts'
import { listenForOwner } from './listen-for-owner.ts'
import { type PresentStep, QUESTION } from './present-step.ts'

export interface StepRequest {
  readonly do: 'step' | 'awaits'
}

export interface StepAnswer {
  /** Its Task is named if its step has not ended. Undefined if the thread runs no JavaScript, or may not be asked. */
  readonly step: PresentStep | undefined
  /** How much of one CPU the process used while it was looked at, from 0 on. */
  readonly cpu: number
}

const LOOK_MS = 300
const SILENT_MS = 2000

const { path, mayInspect } = workerData as { path: string; mayInspect: boolean }
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
  const session = mayInspect ? await connected() : undefined
  const look = async (): Promise<PresentStep | undefined> => {
    if (session === undefined) return undefined
    const asked = { expression: QUESTION, returnByValue: true, silent: true }
    const { result } = (await session.post('Runtime.evaluate', asked)) as { result: { value?: PresentStep } }
    return result.value
  }
  const within = (): Promise<PresentStep | undefined> =>
    Promise.race([look(), setTimeout(SILENT_MS, undefined, { ref: false })])
  const [start, before] = [performance.now(), process.cpuUsage()]
  try {
    const first = await within()
    await setTimeout(LOOK_MS)
    const last = first && (await within())
    const { user, system } = process.cpuUsage(before)
    const cpu = (user + system) / 1000 / (performance.now() - start)
    const isOpen = first?.task !== undefined && first.turns === last?.turns && first.task.id === last.task?.id
    return { step: last && { ...last, task: isOpen ? last.task : undefined }, cpu }
  } finally {
    session?.close()
  }
}

async function awaits(): Promise<object> {
  return lookAtThreads(await connected(), { pause: true })
}

async function connected(): Promise<Inspector> {
  if (!mayInspect) throw new Error('its permission model does not allow the inspector')
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  return ofSession(session)
}
