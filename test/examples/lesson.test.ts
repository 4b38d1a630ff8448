// Threads that wait at the same time take less time than one after the other: the server sees that, without a clock. It
// answers when as many requests wait as there are threads, so the number of its rounds is how often a program waits.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const programs: [slow: string, quick: string, flags: number, workers: number, ...args: string[]][] = [
  ['flags/flags.ts', 'flags/flags_threadpool.ts', 20, 5],
  ['save_flags/download1.ts', 'save_flags/download2.ts', 8, 8, '--wait', '1'],
  ['fetch100/fetch_sync.ts', 'fetch100/fetch_threadpool.ts', 100, 5],
]

describe.each(programs)('%s and %s', (slow, quick, flags, workers, ...args) => {
  it('wait once for each flag, and once for as many as there are threads', { timeout: 60_000 }, async () => {
    expect(await roundsOf(slow, 1, args)).toEqual({ rounds: flags, started: 0 })
    expect(await roundsOf(quick, workers, args)).toEqual({ rounds: flags / workers, started: workers })
  })
})

/** Runs a program. `started` is how many threads were ready when it asked for the first flag. */
async function roundsOf(program: string, atOnce: number, args: string[]): Promise<{ rounds: number; started: number }> {
  const waiting: ServerResponse[] = []
  let [rounds, ready, started] = [0, 0, -1]
  const server = createServer((request, response) => {
    if (!request.url?.endsWith('.svg')) {
      ready++ // a thread that gets ready
      return void response.end()
    }
    if (started < 0) started = ready
    waiting.push(response)
    if (waiting.length < atOnce) return
    rounds++
    for (const answered of waiting.splice(0)) answered.end('<svg>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}/flags`
  try {
    const result = await runOnBuiltPackages(`examples/${program}`, { args: ['--site', site, ...args], timeout: 25_000 })
    expect([result.stderr, result.code]).toEqual(['', 0])
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return { rounds, started }
}
