// Each thing that waits here, cancelled at each of its points: what it held is released, counted.

import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer } from 'node:tls'
import type { Coroutine } from '@spindle/loop'
import { sleep } from '@spindle/task'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cancelAtCallbacks } from './cancel-at-callbacks.fixture.ts'
import { census, openHandles } from './census.fixture.ts'
import { cert, key } from './certificate.fixture.ts'
import { createSubprocessExec, createSubprocessShell } from './create-subprocess.ts'
import { openConnection } from './open-connection.ts'
import { outcome } from './outcome.fixture.ts'
import { startServer } from './start-server.ts'

const ROUNDS = 3
const MUCH = Buffer.alloc(4_000_000, 'x') // more than the system takes at once

// Servers of plain Node. One reads after a while, one sends a line in pieces, one encrypts.
const slow = createServer((socket) => setTimeout(() => socket.on('error', () => {}).resume(), 5))
const talking = createServer((socket) => {
  socket.on('error', () => {}).write('one li')
  setTimeout(() => socket.end('ne\nand more'), 3)
})
const secure = createSecureServer({ cert, key }, (socket: Socket) => socket.on('error', () => {}).resume())
const servers: Server[] = [slow, talking, secure]

beforeAll(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  for (const server of servers) server.close()
})

function port(server: Server): number {
  return (server.address() as { port: number }).port
}

const programs: Record<string, () => Coroutine<unknown>> = {
  *connect() {
    yield* openConnection('127.0.0.1', port(slow))
  },
  *'TLS handshake'() {
    yield* openConnection('localhost', port(secure), { tls: { ca: cert } })
  },
  *startTls() {
    const server = yield* startServer((_, writer) => outcome(writer.startTls({ cert, key })), '127.0.0.1', 0)
    const [, writer] = yield* openConnection('127.0.0.1', server.port)
    yield* writer.startTls({ ca: cert, servername: 'localhost' })
  },
  *read() {
    const [reader] = yield* openConnection('127.0.0.1', port(talking))
    expect(String(yield* reader.readLine())).toBe('one line\n')
    expect(String(yield* reader.readExactly(3))).toBe('and')
    expect(String(yield* reader.read())).toBe(' more')
  },
  *'write and drain'() {
    const [, writer] = yield* openConnection('127.0.0.1', port(slow))
    writer.write(MUCH)
    yield* writer.drain()
  },
  *close() {
    const [, writer] = yield* openConnection('127.0.0.1', port(slow))
    writer.write(MUCH)
    writer.close()
    yield* writer.waitClosed()
  },
  *'a server'() {
    const server = yield* startServer(() => {}, '127.0.0.1', 0)
    yield* openConnection('127.0.0.1', server.port)
    yield* sleep(1)
    server.close()
    server.closeClients()
    yield* server.waitClosed()
  },
  *spawn() {
    yield* createSubprocessExec('sleep', ['60'], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
  },
  *communicate() {
    const child = yield* createSubprocessShell('cat; echo end >&2', { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
    const input = MUCH.subarray(0, 150_000) // more than a pipe holds
    const [stdout, stderr] = yield* child.communicate(input)
    expect([stdout.length, String(stderr)]).toEqual([input.length, 'end\n'])
  },
  *'wait for a process'() {
    const child = yield* createSubprocessExec('true', [], { stdout: 'pipe' })
    yield* child.wait()
  },
}

describe('cancelled at each point, nothing stays open of', () => {
  it.each(Object.entries(programs))('%s', async (_name, program) => {
    const before = await openHandles()
    expect(await cancelAtCallbacks(program)).toBeGreaterThan(0)
    expect(await openHandles(before)).toBeLessThanOrEqual(before)
  })
})

it('nothing stays in memory either', { timeout: 120_000 }, async () => {
  const handles = await openHandles()
  const before = census()
  for (let round = 0; round < ROUNDS; round++) {
    for (const program of Object.values(programs)) await cancelAtCallbacks(program)
  }
  await openHandles(handles)
  const after = census()
  // What stays at a single point stays in each round. The engine and Node remember the last, and that is now one more,
  // now one less.
  const more = Object.keys(after).filter((name) => (after[name] ?? 0) >= (before[name] ?? 0) + ROUNDS)
  expect([more, after, before]).toEqual([[], after, before])
})
