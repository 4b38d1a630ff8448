// A connection to V8's inspector: of another process over a WebSocket, or of this one.

import type { Session } from 'node:inspector'

export type Params = Record<string, unknown>

/** The inspector protocol: a method for each question, events in between. */
export interface Inspector {
  post(method: string, params?: Params): Promise<Params>
  on(event: string, listener: (params: Params) => void): void
  close(): void
}

const HANG_MS = 30_000 // a busy machine takes seconds
const SNAPSHOT_MS = 600_000 // of a heap of 2 GB, minutes
const CONNECT_MS = 10_000

/** The part of the global class that is used. The types of Node 20 do not have it. */
interface Socket {
  send(text: string): void
  close(): void
  addEventListener(event: string, listener: (event: { readonly data?: unknown }) => void): void
}

/** Connects to the inspector that listens on a port of this machine. */
export async function connectToPort(port: number): Promise<Inspector> {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => Socket }
  const response = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(CONNECT_MS) })
  const [target] = (await response.json()) as { webSocketDebuggerUrl?: string }[]
  if (target?.webSocketDebuggerUrl === undefined) throw new Error(`port ${port} is not an inspector of Node.js`)
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  const inspector = overMessages(
    (text) => socket.send(text),
    () => socket.close(),
  )
  socket.addEventListener('message', ({ data }) => inspector.receive(String(data)))
  socket.addEventListener('close', () => inspector.fail('the process has ended, or closed its inspector'))
  await within(
    new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error(`nothing answers on port ${port}`)))
    }),
    'a connection',
  )
  return inspector
}

interface WorkerThread {
  /** `[worker 1]`, or with its name: `[worker 1] crawler`. */
  readonly title: string
  readonly url: string
  readonly inspector: Inspector
}

/** The worker threads of a process, through the inspector of its main thread, but those of Node.js and the monitor. */
export async function workersOf(main: Inspector): Promise<WorkerThread[]> {
  const workers = new Map<unknown, WorkerThread & { readonly inspector: Channel }>()
  main.on('NodeWorker.attachedToWorker', ({ sessionId, workerInfo }) => {
    const { title, url } = workerInfo as { title: string; url: string }
    if (/^node:|\/step-thread\.[jt]s$/.test(url)) return
    const send = (message: string): void =>
      void main
        .post('NodeWorker.sendMessageToWorker', { message, sessionId })
        .catch((error: Error) => inspector.fail(error.message))
    const inspector = overMessages(send, () => inspector.fail('the connection is closed'))
    workers.set(sessionId, { title: title.replace(/ WorkerThread$/, ''), url, inspector })
  })
  main.on('NodeWorker.receivedMessageFromWorker', ({ sessionId, message }) =>
    workers.get(sessionId)?.inspector.receive(message as string),
  )
  main.on('NodeWorker.detachedFromWorker', ({ sessionId }) =>
    workers.get(sessionId)?.inspector.fail('the thread has ended'),
  )
  await main.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  return [...workers.values()]
}

/** An inspector to which messages go as text, and from which they come so. */
interface Channel extends Inspector {
  receive(text: string): void
  /** Nothing more comes: fails what is asked. */
  fail(text: string): void
}

function overMessages(send: (text: string) => void, close: () => void): Channel {
  const calls = new Map<number, { resolve(result: Params): void; reject(error: Error): void }>()
  const listeners = new Map<string, (params: Params) => void>()
  let sent = 0
  return {
    post: (method, params = {}) => {
      send(JSON.stringify({ id: ++sent, method, params }))
      return within(new Promise((resolve, reject) => calls.set(sent, { resolve, reject })), method)
    },
    on: (event, listener) => void listeners.set(event, listener),
    close,
    receive: (text) => {
      const { id, method = '', params = {}, result = {}, error } = JSON.parse(text) as Message
      if (id === undefined) return listeners.get(method)?.(params)
      const call = calls.get(id)
      calls.delete(id)
      if (error === undefined) call?.resolve(result)
      else call?.reject(new Error(error.message))
    },
    fail: (text) => {
      for (const { reject } of calls.values()) reject(new Error(text))
      calls.clear()
    },
  }
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Params
  readonly result?: Params
  readonly error?: { readonly message: string }
}

/** The inspector of this process; in a helper thread, a session that is connected to the main thread. */
export function ofSession(session: Session): Inspector {
  return {
    post: (method, params = {}) =>
      within(
        new Promise((resolve, reject) =>
          session.post(method, params, (error: Error | null, result?: object) =>
            error === null ? resolve((result ?? {}) as Params) : reject(new Error(error.message)),
          ),
        ),
        method,
      ),
    on: (event, listener) =>
      void session.on(event, ({ params }: { params: unknown }) => listener((params ?? {}) as Params)),
    close: () => session.disconnect(),
  }
}

/** @throws Error if there is no answer after 30 s; to a snapshot, after 10 min */
async function within<T>(answer: Promise<T>, question: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const ms = question === 'HeapProfiler.takeHeapSnapshot' ? SNAPSHOT_MS : HANG_MS
  const limit = new Promise<never>((_, reject) => {
    const text = `no answer within ${ms / 1000} s to ${question}: the process is stopped, or blocks in a call`
    timer = setTimeout(() => reject(new Error(text)), ms)
  })
  try {
    return await Promise.race([answer, limit])
  } finally {
    clearTimeout(timer)
  }
}
