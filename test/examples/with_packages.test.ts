// The real packages, stopped at random moments. The moments are random in each run; what is expected is the same in
// all of them.

import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hasMariadb } from '../../examples/support/mariadb.ts'
import { isInstalled } from '../../examples/support/own_server.ts'
import { postgresFolder } from '../../examples/support/postgres.ts'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const hasPostgres = postgresFolder() !== undefined
const hasChromium = spawnSync(process.env['CHROMIUM'] ?? '/usr/bin/chromium', ['--version']).status === 0
const hasRedis = spawnSync('redis-server', ['--version']).status === 0

const programs: Record<
  string,
  { result: string; needs?: boolean; stops?: number; isTold?: boolean; isEarly?: boolean }
> = {
  'with-packages/openai.ts': { result: 'What is a spindle? I have looked at it twice.' },
  'with-packages/anthropic.ts': { result: 'What is a spindle? I have looked at it twice.' },
  'with-packages/pg.ts': { result: '1', needs: hasPostgres },
  'with-packages/postgres.ts': { result: '1', needs: hasPostgres, isTold: true },
  'with-packages/knex.ts': { result: '1', needs: hasPostgres, isTold: true },
  'with-packages/mysql2.ts': { result: '1', needs: hasMariadb(), isTold: true },
  'with-packages/grpc.ts': { result: '10' },
  'with-packages/nats.ts': { result: '2 4 6', needs: isInstalled('nats-server') },
  'with-packages/amqplib.ts': { result: 'a job, a job, a job, a job, a job', needs: isInstalled('rabbitmq-server') },
  'with-packages/langgraph.ts': { result: 'What is a spindle? I have looked at it.' },
  'with-packages/openai_agents.ts': { result: 'What is a spindle? I have looked at it twice.' },
  'with-packages/ws.ts': { result: '5' },
  'with-packages/ioredis.ts': { result: 'a job is done', needs: hasRedis },
  'with-packages/processes.ts': { result: 'built', needs: process.platform === 'linux' },
  'with-packages/ai.ts': {
    result: 'What is in this folder? I have looked at it twice.',
    needs: process.platform === 'linux',
  },
  'with-packages/mcp.ts': {
    result: "[ { type: 'text', text: 'Delete 7 files? accept' } ]",
    stops: longForm ? 100 : 2, // each starts a process of Node
  },
  'with-packages/mcp.ts --http': { result: "[ { type: 'text', text: 'Delete 7 files? accept' } ]" },
  // Without a session, nobody tells the client when the tool has stopped.
  'with-packages/mcp.ts --stateless': { result: "[ { type: 'text', text: '7' } ]", isEarly: true },
  'with-packages/pool.ts': { result: '1140' },
  'with-packages/playwright.ts': {
    result: 'forty-two',
    needs: hasChromium,
    stops: longForm ? 100 : 2, // each loads a page
  },
  'with-packages/bullmq.ts': { result: 'a job is done', needs: hasRedis },
  'with-packages/agent_stopped.ts': {
    result: 'What is in this folder? I have looked at it twice.',
    needs: process.platform === 'linux',
  },
}

describe('examples/with-packages', () => {
  it.each(Object.entries(programs).filter(([, { needs = true }]) => needs))(
    '%s leaves nothing and tells nobody early, however it is stopped',
    async (program, { result, stops = longForm ? 300 : 4, isTold = false, isEarly = false }) => {
      const [path, ...own] = program.split(' ')
      const args = [...own, '--stops', `${stops}`, '--plain', '0']
      const { stdout, stderr, code } = await runOnBuiltPackages(`examples/${path}`, { args })
      expect(code, stderr).toBe(0)
      const truth = isTold ? ', untrue 0' : '' // the outcome told is the outcome in the database
      const lines = isEarly ? stdout.replaceAll(/told early \d+/g, 'told early 0') : stdout
      expect(lines.split('\n').slice(0, 3), stderr).toEqual([
        `not stopped: ${result}`,
        `Spindle, ${stops} stops: told early 0, left 0, half a result 0${truth}`,
        `Spindle, stopped twice, ${Math.ceil(stops / 5)} stops: told early 0, left 0, half a result 0${truth}`,
      ])
      if (isTold || program.endsWith('pg.ts')) expect(stdout).toContain('money: 200\n')
      if (program.endsWith('amqplib.ts')) expect(stdout).toContain('messages: 20\n')
    },
  )

  it('plain TypeScript takes half an answer for a whole one', async () => {
    const args = ['--stops', '1', '--plain', '20']
    const { stdout } = await runOnBuiltPackages('examples/with-packages/openai.ts', { args })
    expect(stdout).toMatch(/plain TypeScript, 20 stops: .* half a result [1-9]/)
  })

  it('with-packages/agent.ts answers each line, with two tools and an agent', async () => {
    const input = 'What is in this folder\n\nAnd now'
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/with-packages/agent.ts', { input })
    const used = '[shell]\n[research]\n  [shell]\n'
    // How often it prompts depends on when it sees the end of the input.
    expect({ answers: stdout.replaceAll('> ', ''), stderr, code }).toEqual({
      answers: `${used}What is in this folder? I have looked at it twice.\n${used}And now? I have looked at it twice.\n`,
      stderr: '',
      code: 0,
    })
  })
})
