// What closing the response of MCP means: in a session nothing, as its client may come back; without sessions a
// cancellation. Seen from outside, by the processes of the tool.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Served } from '../../examples/support/serving.ts'
import { servingTools } from '../../examples/with-packages/mcp_server.ts'
import { runningWith } from '../node/process-trees.ts'

const onLinux = describe.runIf(process.platform === 'linux')
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const INITIALIZE = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'a client', version: '1.0.0' },
}
let count = 0

function post(
  server: Served,
  method: string,
  params: object,
  more: RequestInit & { session?: string } = {},
): Promise<Response> {
  const { session = '', ...init } = more
  const body = JSON.stringify({ jsonrpc: '2.0', id: method, method, params })
  const own = session === '' ? headers : { ...headers, 'mcp-session-id': session }
  return fetch(server.url, { method: 'POST', headers: own, body, ...init })
}

/** Calls the tool, which runs until it may end, and leaves when its program runs. */
async function callAndLeave(isStateless: boolean) {
  const mark = `CALLED=${process.pid}.${++count}.`
  process.env['CALLED'] = mark.slice('CALLED='.length) // which the programs inherit
  const file = join(mkdtempSync(join(tmpdir(), 'spindle-mcp-')), 'may-end')
  const server = await servingTools({ isStateless, command: `while [ ! -e ${file} ]; do sleep 0.01; done; echo 7` })
  const session = isStateless
    ? ''
    : ((await post(server, 'initialize', INITIALIZE)).headers.get('mcp-session-id') ?? '')
  const leaving = new AbortController()
  const called = post(server, 'tools/call', { name: 'count', arguments: {} }, { session, signal: leaving.signal })
    .then((response) => response.text())
    .catch(() => 'the client has left')
  while (runningWith(mark).length === 0) await pause(5)
  leaving.abort()
  await called
  while (server.open() > 0) await pause(5) // the server has noticed
  await pause(50)
  return {
    server,
    session,
    running: () => runningWith(mark).length,
    async end() {
      writeFileSync(file, '')
      while (runningWith(mark).length > 0) await pause(5)
      await pause(50) // its Task hears of that
      server.close()
    },
  }
}

onLinux('an MCP client that closes the response of a call', () => {
  it('does not cancel the tool in a session', async () => {
    const { running, end } = await callAndLeave(false)
    expect(running()).toBeGreaterThan(0)
    await end()
  })

  it('cancels it in a session by deleting the session, which returns when the tool has stopped', async () => {
    const { server, session, running, end } = await callAndLeave(false)
    const { status } = await fetch(server.url, { method: 'DELETE', headers: { ...headers, 'mcp-session-id': session } })
    expect({ status, running: running() }).toEqual({ status: 200, running: 0 })
    await end()
  })

  it('cancels it without sessions', async () => {
    const { running, end } = await callAndLeave(true)
    while (running() > 0) await pause(5) // it never may end
    await end()
  })
})
