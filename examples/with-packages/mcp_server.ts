// The server of mcp.ts: a process that speaks MCP over stdio or, by servingTools(), one at a port.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type Coroutine, call, Event, resource } from 'spindle'
import { asyncFunction, runMain, runProcess } from 'spindle/node'
import { isMain } from 'spindle/thread'
import { type Served, serving } from '../support/serving.ts'

export const file: string = fileURLToPath(import.meta.url)
const COMMAND = 'sleep 0.02; echo 7'

interface Request {
  readonly signal: AbortSignal
  readonly requestId: string | number
}

interface Tools {
  readonly server: McpServer
  /** When it returns, the tools have stopped. */
  readonly close: () => Promise<unknown>
}

/** A server with two tools: one counts files, the other asks the client before it deletes them. */
async function connect(transport: Transport, command: string): Promise<Tools> {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const params = { message: '', requestedSchema: { type: 'object' as const, properties: {} } }
  function* count(): Coroutine<string> {
    return (yield* runProcess(['sh', '-c', command], { capture: true, encoding: 'utf8' })).stdout.trim()
  }
  function* remove({ requestId }: Request): Coroutine<string> {
    const message = `Delete ${yield* count()} files?`
    const options = { relatedRequestId: requestId }
    const { action } = yield* call((signal) =>
      server.server.elicitInput({ ...params, message }, { ...options, signal }),
    )
    return `${message} ${action}`
  }
  const calls: Promise<unknown>[] = []
  const register = (name: string, tool: (request: Request) => Coroutine<string>): void => {
    const called = asyncFunction('host', tool)
    server.registerTool(name, {}, async (request: Request) => {
      const text = called(request)
      calls.push(text)
      return { content: [{ type: 'text', text: await text }] }
    })
  }
  register('count', count)
  register('remove', remove)
  await server.connect(transport)
  return { server, close: () => server.close().then(() => Promise.allSettled(calls)) }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A session ends when its client deletes it. A client that only leaves may come back, so its tools go on. */
function inSessions(command: string): Answer {
  const sessions = new Map<unknown, StreamableHTTPServerTransport>()
  return async (request, response) => {
    let session = sessions.get(request.headers['mcp-session-id'])
    if (session === undefined) {
      const made: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, made),
        onsessionclosed: (id) => close().then(() => void sessions.delete(id)),
      })
      const { close } = await connect(made as Transport, command)
      session = made
    }
    await session.handleRequest(request, response)
  }
}

/** Without sessions, each request stands alone: a client that closes the response has cancelled it. */
function stateless(command: string): Answer {
  return async (request, response) => {
    const transport = new StreamableHTTPServerTransport({})
    const { close } = await connect(transport as Transport, command)
    response.once('close', close)
    await transport.handleRequest(request, response)
  }
}

/** Serves the tools at a port. */
export function servingTools({ isStateless = false, command = COMMAND } = {}): Promise<Served> {
  return serving(isStateless ? stateless(command) : inSessions(command))
}

/** Serves the tools over stdio, until it is cancelled: by a signal, or by the end of its input. */
function* main(command = COMMAND): Coroutine<void> {
  yield* resource(
    () => connect(new StdioServerTransport(), command),
    ({ close }) => close(),
    ({ server }) => closed(server),
  )
}

function* closed({ server }: McpServer): Coroutine<void> {
  const closed = new Event()
  server.onclose = () => closed.set()
  yield* closed.wait()
}

if (isMain(import.meta)) await runMain(main(process.argv[2]), { endsWith: process.stdin })
