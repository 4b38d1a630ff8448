import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RuntimeError } from 'spindle'

/** The address at which a worker answers `GET /health`. */
export interface HealthAddress {
  /** 0: a free port. */
  readonly port: number
  /** The address to listen on: `0.0.0.0` lets other machines ask. @default '127.0.0.1' */
  readonly host?: string | undefined
}

/** The state of a worker, as `GET /health` shows it. */
export interface WorkerHealth {
  /** `unreachable`: Redis does not answer, or refuses what the worker needs; `failing`: it can't run calls. */
  readonly status: 'ready' | 'stopping' | 'unreachable' | 'failing'
}

/** Answers until it is closed. Names no type of Node, which a user's compiler may not know. */
export interface HealthServer {
  readonly address: string
  readonly port: number
  /** Stops listening, and closes all connections. */
  close(): void
}

// A monitor needs one. Whoever opens more gets no answer, and takes nothing from the calls of the worker.
const MAX_CONNECTIONS = 100

/** Answers `GET /health`. @throws RuntimeError if the port can't be opened */
export async function serveHealth(at: HealthAddress, health: () => WorkerHealth): Promise<HealthServer> {
  const { host = '127.0.0.1' } = at
  const { createServer } = await import('node:http')
  const server = createServer(answering(health))
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new RuntimeError(`port ${at.port} can't be opened for GET /health: ${cause.message}`, { cause }))
    server.once('error', fail)
    server.listen(at.port, host, () => {
      server.off('error', fail)
      server.on('error', () => {}) // a connection that can't be accepted must not end the worker
      resolve()
    })
  })
  const { address, port } = server.address() as AddressInfo
  return { address, port, close: () => server.close().closeAllConnections() }
}

function answering(health: () => WorkerHealth): RequestListener {
  return (request: IncomingMessage, response: ServerResponse): void => {
    // The path is compared as text. A parser of URLs throws for what any client can send, such as `//`.
    if (!/^\/health(?:\?|$)/.test(request.url ?? '')) return void response.writeHead(404).end()
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
    const state = health()
    response.writeHead(state.status === 'ready' ? 200 : 503, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(state)}\n`)
  }
}
