// The server of mcp.ts: a process that speaks MCP over stdio or, by servingTools(), one at a port.
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { call } from 'spindle'
import { asyncFunction, runProcess } from 'spindle/node'
import { isMain } from 'spindle/thread'
import { type Served, serving } from '../support/serving.ts'

export const file: string = fileURLToPath(import.meta.url)

interface Request {
  readonly signal: AbortSignal
  readonly requestId: string | number
}

/** A server with its tool, and how to close it: when that returns, the tool has stopped. */
function tools(): { readonly server: McpServer; readonly close: () => Promise<unknown> } {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const params = { message: '', requestedSchema: { type: 'object' as const, properties: {} } }
  const remove = asyncFunction('host', function* (request: Request) {
    const found = yield* runProcess(['sh', '-c', 'sleep 0.02; echo 7'], { capture: true, encoding: 'utf8' })
    const message = `Delete ${found.stdout.trim()} files?`
    const options = { relatedRequestId: request.requestId }
    const { action } = yield* call((signal) =>
      server.server.elicitInput({ ...params, message }, { ...options, signal }),
    )
    return { content: [{ type: 'text' as const, text: `${message} ${action}` }] }
  })
  const calls: Promise<unknown>[] = []
  server.registerTool('remove', { description: 'Deletes the files.' }, (request: Request) => {
    const called = remove(request)
    calls.push(called)
    return called
  })
  return { server, close: () => server.close().then(() => Promise.allSettled(calls)) }
}

/** The same at a port. A session ends when its client deletes it. */
export function servingTools(): Promise<Served> {
  const sessions = new Map<unknown, StreamableHTTPServerTransport>()
  return serving(async (request, response) => {
    let session = sessions.get(request.headers['mcp-session-id'])
    if (session === undefined) {
      const { server, close } = tools()
      const made = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, made),
        onsessionclosed: (id) => close().then(() => void sessions.delete(id)),
      })
      await server.connect(made as Transport)
      session = made
    }
    await session.handleRequest(request, response)
  })
}

if (isMain(import.meta)) await tools().server.connect(new StdioServerTransport())
