// A client of MCP and its server, a process or, with `--http`, at a port: a call of a tool, which runs a command and
// asks the user. With `--stateless`, as in MCP 2026, closing the response cancels; in a session it must not.
// Look at: the tools in mcp_server.ts and confirm(), functions of the SDK that a stop cancels at either end; ask(),
// which returns when process or session has ended; and the last line of the server, which ends with its client.
// Recipe for @modelcontextprotocol/sdk: the signal of the call, which reaches the tool of the other process; its end
// Write: `asyncFunction` at both ends; `client.close()` in a release, which waits until the server has ended
// Run: npx tsx examples/with-packages/mcp.ts     with --stops 1000, for example
// Prints: what the tool returned, and what stops at random moments leave     Next: bullmq.ts
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js'
import { type Coroutine, call, resource, sleep, taskGroup } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { stopped } from '../support/stopped.ts'
import { file, servingTools } from './mcp_server.ts'

async function connect(): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' }, { capabilities: { elicitation: {} } })
  const command = { command: process.execPath, args: [...process.execArgv, file] }
  const transport = web ? new StreamableHTTPClientTransport(new URL(web.url)) : new StdioClientTransport(command)
  await client.connect(transport as Transport)
  return client
}

async function disconnect(client: Client): Promise<void> {
  await (client.transport as StreamableHTTPClientTransport | undefined)?.terminateSession?.()
  await client.close()
}

const ACCEPTED: ElicitResult = { action: 'accept', content: {} }

function* confirm(_question: unknown, _request: { readonly signal: AbortSignal }): Coroutine<ElicitResult> {
  return yield* sleep(20, ACCEPTED) // the user reads it
}

function* ask(): Coroutine<unknown> {
  return yield* resource(connect, disconnect, (client) =>
    taskGroup(function* (group) {
      client.setRequestHandler(ElicitRequestSchema, asyncFunction(group, confirm))
      return (yield* call((signal) => client.callTool({ name }, undefined, { signal }))).content
    }),
  )
}

/** In plain TypeScript: the client's end. */
async function askPlain(signal: AbortSignal): Promise<unknown> {
  const client = await connect()
  try {
    client.setRequestHandler(ElicitRequestSchema, (_question, { signal }) => pause(20, ACCEPTED, { signal }))
    return (await client.callTool({ name }, undefined, { signal })).content
  } finally {
    await disconnect(client)
  }
}

const isStateless = process.argv.includes('--stateless')
const name = isStateless ? 'count' : 'remove' // asking the user needs a session
const web = isStateless || process.argv.includes('--http') ? await servingTools({ isStateless }) : undefined
await runMain(stopped({ spindle: ask, plain: askPlain, held: () => web?.open() ?? 0 }))
web?.close()
