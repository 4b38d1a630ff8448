// Ends the owner of a program at a random moment. Then counts the processes that are left, and with them their sockets,
// by a mark in their environment.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasMariadb } from '../../examples/support/mariadb.ts'
import { isInstalled } from '../../examples/support/own_server.ts'
import { postgresFolder } from '../../examples/support/postgres.ts'
import { killIfAlive, runningWith } from '../node/process-trees.ts'
import { longForm, randomCases } from '../tooling/long-form.ts'
import { commandOf, readersEnvironment, root } from '../tooling/run-example.ts'

const onLinux = describe.runIf(process.platform === 'linux')
const GUARD_MS = 3000 // the guard waits a second before it kills, on a busy machine
let count = 0

interface Started {
  readonly program: ChildProcess
  readonly ended: Promise<unknown>
  /** Waits until nothing is left, and returns how many processes are, when they have had their time. */
  left(): Promise<number>
}

function start(command: string, args: readonly string[]): Started {
  const mark = `OWNED=${process.pid}.${++count}.`
  const env = { ...readersEnvironment(), OWNED: mark.slice('OWNED='.length) }
  const program = spawn(command, args, { cwd: root, env })
  program.stdin?.on('error', () => {}) // it has ended
  program.stdout?.resume()
  program.stderr?.resume()
  const ended = once(program, 'exit')
  return {
    program,
    ended,
    async left() {
      for (let waited = 0; waited < GUARD_MS && runningWith(mark).length > 0; waited += 20) await pause(20)
      const left = runningWith(mark)
      for (const pid of left) killIfAlive(pid)
      return left.length
    },
  }
}

const startExample = (path: string, ...args: string[]): Started =>
  start(process.execPath, [...commandOf(`examples/with-packages/${path}`), ...args])

async function atRandomMoments(times: number, once: () => Promise<void>): Promise<void> {
  let remaining = times
  const worker = async (): Promise<void> => {
    while (remaining-- > 0) await once()
  }
  await Promise.all(Array.from({ length: 3 }, worker))
}

const signals: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGHUP']
const recipes = ['processes.ts']
const others = ['agent_stopped.ts', 'ai.ts', 'anthropic.ts', 'grpc.ts', 'langgraph.ts', 'mcp.ts', 'mcp.ts --http']
  .concat(['openai.ts', 'openai_agents.ts', 'pool.ts', 'ws.ts'])
  .concat(isInstalled('redis-server') ? ['ioredis.ts', 'bullmq.ts'] : [])
  .concat(isInstalled('nats-server') ? ['nats.ts'] : [])
  .concat(postgresFolder() === undefined ? [] : ['pg.ts', 'postgres.ts', 'knex.ts'])
  .concat(hasMariadb() ? ['mysql2.ts'] : [])
  .concat(isInstalled('rabbitmq-server') ? ['amqplib.ts'] : [])
  .concat(isInstalled('chromium') ? ['playwright.ts'] : [])

onLinux('nothing of a recipe is left', { timeout: 1_800_000 }, () => {
  it.each(longForm ? [...recipes, ...others] : recipes)('%s, after SIGKILL, SIGTERM and SIGHUP', async (recipe) => {
    const [path = '', ...args] = recipe.split(' ')
    const left: string[] = []
    await atRandomMoments(randomCases(60, 3), async () => {
      const signal = signals[count % signals.length] as NodeJS.Signals
      const started = startExample(path, ...args, '--stops', '1000')
      const moment = Math.random() * (longForm ? 3000 : 800)
      await pause(moment)
      started.program.kill(signal)
      await started.ended
      if ((await started.left()) > 0) left.push(`${signal} after ${moment} ms`)
    })
    expect(left).toEqual([])
  })

  it.runIf(isInstalled('script'))('when the terminal is closed: agent.ts', async () => {
    const left: number[] = []
    await atRandomMoments(randomCases(50, 1), async () => {
      const agent = ['node', ...commandOf('examples/with-packages/agent.ts')].join(' ')
      const { program, ended, left: leftOf } = start('script', ['-qec', agent, '/dev/null'])
      program.stdin?.write('What is in this folder\r')
      await pause(Math.random() * (longForm ? 2000 : 800))
      program.kill('SIGKILL') // with it, the terminal
      await ended
      left.push(await leftOf())
    })
    expect(left.filter((each) => each > 0)).toEqual([])
  })
})

const request = (id: number, method: string, params: object): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
const INITIALIZE = request(0, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'a client', version: '1.0.0' },
})
const CALL = request(1, 'tools/call', { name: 'count', arguments: {} })

onLinux('the MCP server, while its tool runs a program', { timeout: 1_800_000 }, () => {
  /** How the client goes, and how the server ends then. */
  const ways: Record<string, [leave: (server: ChildProcess) => void, ends: NodeJS.Signals | number]> = {
    'the client closes the input': [(server) => server.stdin?.end(), 0],
    'the client is gone': [
      (server) => [server.stdin, server.stdout, server.stderr].forEach((end) => void end?.destroy()),
      0,
    ],
    SIGTERM: [(server) => server.kill('SIGTERM'), 'SIGTERM'],
    SIGHUP: [(server) => server.kill('SIGHUP'), 'SIGHUP'],
    SIGKILL: [(server) => server.kill('SIGKILL'), 'SIGKILL'],
  }
  // The short form has one way: each is another start of the server. The signals are those of processes.ts above.
  it.each(Object.entries(ways).slice(0, longForm ? undefined : 1))(
    'leaves nothing when %s',
    async (_name, [leave, ends]) => {
      const outcomes: unknown[] = []
      await atRandomMoments(randomCases(200, 1), async () => {
        const { program, ended, left } = startExample('mcp_server.ts', 'sleep 600 & sleep 600 & wait')
        program.stdin?.write(INITIALIZE + CALL)
        await once(program.stdout as NonNullable<typeof program.stdout>, 'data') // it serves
        await pause(Math.random() * 100)
        leave(program)
        await ended
        outcomes.push({ left: await left(), ended: program.signalCode ?? program.exitCode })
      })
      expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
        new Set([JSON.stringify({ left: 0, ended: ends })]),
      )
    },
  )
})
