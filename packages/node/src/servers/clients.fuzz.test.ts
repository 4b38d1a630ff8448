// Clients that do anything to a server: send lines cut anywhere or far too long, read nothing, end, reset. One that
// behaves is served meanwhile, nothing is reported, and nothing is left. More of them: npm run fuzz 20000 clients

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Coroutine } from '@spindle/loop'
import { getRunningLoop } from '@spindle/loop'
import { allTasks, call, ensureFuture, gather, run, timeout } from '@spindle/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import type { StreamReader } from '../streams/stream-reader.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import { openConnection } from './open-connection.ts'
import { startServer } from './start-server.ts'

// Each takes as long as twenty of others.
const numRuns = Math.ceil(randomCases(400) / 20)
const LIMIT = 1000

type Action =
  | { readonly act: 'send'; readonly text: string; readonly times: number }
  | { readonly act: 'pause' | 'resume' | 'end' | 'reset' | 'turn' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('send' as const),
      text: fc.constantFrom('a', '\n', 'line\n', '\r\n\0', 'x'.repeat(LIMIT + 1), `${'y'.repeat(LIMIT / 2)}\n`),
      times: fc.constantFrom(1, 2, 2000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('pause', 'resume', 'end', 'reset', 'turn') }) },
)
const clients = fc.array(fc.array(action, { maxLength: 8 }), { minLength: 1, maxLength: 12 })

describe('a server', () => {
  it('serves well-behaved clients whatever the others do, and has nothing left of them', {
    timeout: 600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(clients, fc.boolean(), async (scripts, closesClients) => {
        const outcome = await run(program(scripts, closesClients))
        expect(outcome).toEqual({ answers: ['hello 0', 'hello 1', 'hello 2'], reports: [], connections: 0, tasks: 1 })
      }),
      { numRuns },
    )
  })
})

function* program(scripts: readonly (readonly Action[])[], closesClients: boolean): Coroutine<unknown> {
  const reports: unknown[] = []
  getRunningLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${exception}`))
  const server = yield* startServer(echo, '127.0.0.1', 0, { limit: LIMIT })
  const sockets = scripts.map(() => connect(server.port, '127.0.0.1').on('error', () => {}))
  const acting = sockets.map((socket, index) => ensureFuture(play(socket, scripts[index] ?? [])))
  const answers = yield* timeout(60_000, () => behave(server.port))
  yield* gather(acting)
  if (closesClients) server.closeClients()
  for (const socket of sockets) socket.destroy()
  yield* timeout(60_000, () => server.shutdown())
  return { answers, reports, connections: server.stats().connections, tasks: allTasks().size }
}

function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  try {
    for (let line = yield* reader.readLine(); line.length > 0; line = yield* reader.readLine()) {
      writer.write(line)
      yield* writer.drain()
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error // the line is longer than the limit
  }
}

async function play(socket: Socket, script: readonly Action[]): Promise<void> {
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
  for (const action of script) {
    if (action.act === 'send') for (let i = 0; i < action.times; i++) socket.write(action.text)
    else if (action.act === 'reset') socket.resetAndDestroy()
    else if (action.act === 'turn') await new Promise((resolve) => setImmediate(resolve))
    else socket[action.act]()
  }
}

function* behave(port: number): Coroutine<string[]> {
  const [reader, writer] = yield* openConnection('127.0.0.1', port)
  const answers: string[] = []
  for (let i = 0; i < 3; i++) {
    writer.write(`hello ${i}\n`)
    answers.push((yield* reader.readLine()).toString().trim())
    yield* call(() => new Promise((resolve) => setImmediate(resolve)))
  }
  writer.close()
  yield* writer.waitClosed()
  return answers
}
