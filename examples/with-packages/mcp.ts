// A client of MCP and its server, a process: a call of a tool, which runs a command and asks the user. Look at: the
// server's tool and the client's confirm(), functions of the SDK that a stop cancels at either end; and ask(), which
// returns when the process has ended.
// Run: npx tsx examples/with-packages/mcp.ts     with --stops 1000, for example
// Prints: what the tool returned, and what stops at random moments leave     Next: jsonrpc.ts
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js'
import { type Coroutine, call, resource, sleep, taskGroup } from 'spindle'
import { asyncFunction, runProcess } from 'spindle/node'
import { stopped } from '../support/stopped.ts'

interface Request {
  readonly signal: AbortSignal
}

function serve(): Promise<void> {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const requestedSchema = { type: 'object' as const, properties: {} }
  const remove = asyncFunction('host', function* (_request: Request) {
    const found = yield* runProcess(['sh', '-c', 'sleep 0.02; echo 7'], { capture: true, encoding: 'utf8' })
    const message = `Delete ${found.stdout.trim()} files?`
    const { action } = yield* call((signal) => server.server.elicitInput({ message, requestedSchema }, { signal }))
    return { content: [{ type: 'text' as const, text: `${message} ${action}` }] }
  })
  server.registerTool('remove', { description: 'Deletes the files.' }, remove)
  return server.connect(new StdioServerTransport())
}

async function connect(): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' }, { capabilities: { elicitation: {} } })
  const args = [...process.execArgv, process.argv[1] ?? '', '--server']
  await client.connect(new StdioClientTransport({ command: process.execPath, args }))
  return client
}

let prompts = 0
function* confirm(_question: unknown, _request: Request): Coroutine<ElicitResult> {
  prompts++
  try {
    yield* sleep(20) // the user reads it
    return { action: 'accept', content: {} }
  } finally {
    prompts--
  }
}

function* ask(): Coroutine<unknown> {
  return yield* resource(
    connect,
    (client) => client.close(),
    (client) =>
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
    await client.close()
  }
}

if (process.argv.includes('--server')) await serve()
else await stopped({ spindle: ask, plain: askPlain, held: () => prompts })
