// A connection to V8's inspector: of another process over a WebSocket, or of this one.

import type { Session } from 'node:inspector'

export type Params = Record<string, unknown>

/** The inspector protocol: a method for each question, events in between. */
export interface Inspector {
  post(method: string, params?: Params): Promise<Params>
  on(event: string, listener: (params: Params) => void): void
  close(): void
}

const HANG_MS = 30_000 // a busy machine takes seconds, and so does a snapshot
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
  const calls = new Map<number, { resolve(result: Params): void; reject(error: Error): void }>()
  const listeners = new Map<string, (params: Params) => void>()
  const fail = (text: string): void => {
    for (const { reject } of calls.values()) reject(new Error(text))
    calls.clear()
  }
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id === undefined) return listeners.get(message.method ?? '')?.(message.params ?? {})
    const call = calls.get(message.id)
    calls.delete(message.id)
    if (message.error === undefined) call?.resolve(message.result ?? {})
    else call?.reject(new Error(message.error.message))
  })
  socket.addEventListener('close', () => fail('the process has ended, or closed its inspector'))
  await within(
    new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error(`nothing answers on port ${port}`)))
    }),
    'a connection',
  )
  let sent = 0
  return {
    post: (method, params = {}) => {
      socket.send(JSON.stringify({ id: ++sent, method, params }))
      return within(new Promise((resolve, reject) => calls.set(sent, { resolve, reject })), method)
    },
    on: (event, listener) => void listeners.set(event, listener),
    close: () => socket.close(),
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

/** @throws Error if there is no answer after 30 s */
async function within<T>(answer: Promise<T>, question: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    const text = `no answer within ${HANG_MS / 1000} s to ${question}: the process is stopped, or blocks in a call`
    timer = setTimeout(() => reject(new Error(text)), HANG_MS)
  })
  try {
    return await Promise.race([answer, limit])
  } finally {
    clearTimeout(timer)
  }
}
