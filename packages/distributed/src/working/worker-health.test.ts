import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HealthAddress, type HealthServer, serveHealth, type WorkerHealth } from './worker-health.ts'

const servers: HealthServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function start(status: WorkerHealth['status'] = 'ready', address: HealthAddress = { port: 0 }) {
  const server = await serveHealth(address, () => ({ status }))
  servers.push(server)
  return server
}

/** All that the server sends for these bytes, until it closes the connection. */
function answerTo(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

const request = (path: string, method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

describe('the health port', () => {
  it('answers 200 while the worker is ready, and 503 while it stops', async () => {
    const ready = await answerTo((await start()).port, request('/health?verbose'))
    expect({ status: statusOf(ready), shows: ready.includes('{"status":"ready"}\n') }).toEqual({
      status: 200,
      shows: true,
    })
    expect(statusOf(await answerTo((await start('stopping')).port, request('/health')))).toBe(503)
  })

  it('is open on 127.0.0.1, unless a host is given', async () => {
    expect((await start()).address).toBe('127.0.0.1')
    expect((await start('ready', { port: 0, host: '0.0.0.0' })).address).toBe('0.0.0.0')
  })

  it.each(['//', '//[', 'http://[', '*', '/healthy', '/%zz'])('answers a request for %s with 404', async (path) => {
    expect(statusOf(await answerTo((await start()).port, request(path)))).toBe(404)
  })

  it('answers 405 to other methods', async () => {
    expect(statusOf(await answerTo((await start()).port, request('/health', 'POST')))).toBe(405)
  })
})
