// A client of MCP and its server, a process or, with `--http`, at a port: a call of a tool, which runs a command and
// asks the user. Look at: the server's tool and the client's confirm(), functions of the SDK that a stop cancels at
// either end; and ask(), which returns when the process or the session has ended.
// Run: npx tsx examples/with-packages/mcp.ts     with --stops 1000, for example
// Prints: what the tool returned, and what stops at random moments leave     Next: jsonrpc.ts
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js'
import { type Coroutine, call, resource, sleep, taskGroup } from 'spindle'
import { asyncFunction, runProcess } from 'spindle/node'
import { type Served, serving } from '../support/serving.ts'
import { stopped } from '../support/stopped.ts'

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
function servingTools(): Promise<Served> {
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

async function connect(): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' }, { capabilities: { elicitation: {} } })
  const command = { command: process.execPath, args: [...process.execArgv, process.argv[1] ?? '', '--server'] }
  const transport = web ? new StreamableHTTPClientTransport(new URL(web.url)) : new StdioClientTransport(command)
  await client.connect(transport as Transport)
  return client
}

async function disconnect(client: Client): Promise<void> {
  await (client.transport as StreamableHTTPClientTransport | undefined)?.terminateSession?.()
  await client.close()
}

let prompts = 0
function* confirm(_question: unknown, _request: { readonly signal: AbortSignal }): Coroutine<ElicitResult> {
  prompts++
  try {
    yield* sleep(20) // the user reads it
    return { action: 'accept', content: {} }
  } finally {
    prompts--
  }
}

function* ask(): Coroutine<unknown> {
  return yield* resource(connect, disconnect, (client) =>
    taskGroup(function* (group) {
      client.setRequestHandler(ElicitRequestSchema, asyncFunction(group, confirm))
      return (yield* call((signal) => client.callTool({ name: 'remove' }, undefined, { signal }))).content
    }),
  )
}

/** In plain TypeScript: the client's end. */
async function askPlain(signal: AbortSignal): Promise<unknown> {
  const client = await connect()
  try {
    client.setRequestHandler(ElicitRequestSchema, async (_question, { signal }) => {
      await pause(20, undefined, { signal })
      return { action: 'accept', content: {} }
    })
    return (await client.callTool({ name: 'remove' }, undefined, { signal })).content
  } finally {
    await disconnect(client)
  }
}

const web = process.argv.includes('--http') ? await servingTools() : undefined
if (process.argv.includes('--server')) await tools().server.connect(new StdioServerTransport())
else await stopped({ spindle: ask, plain: askPlain, held: () => prompts + (web?.open() ?? 0) })
web?.close()
