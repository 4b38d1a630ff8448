import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runOnBuiltPackages } from '../tooling/run-example.ts'
import { Program } from './program.ts'

describe('examples/echo', () => {
  it('echo_server.ts returns every line to echo_client.ts, and closes at SIGTERM', async () => {
    await using server = new Program('examples/echo/echo_server.ts', '0')
    const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const { stdout, code } = await runOnBuiltPackages('examples/echo/echo_client.ts', { args: [port] })
    expect([stdout, code]).toEqual(['Send: "Hello World!"\nReceived: "Hello World!"\nClose the connection\n', 0])
    await server.printed(/Received "Hello World!" from 127\.0\.0\.1:(\d+)\nClosing the connection/)
    await server.end('SIGTERM')
    expect(server).toMatchObject({ signal: 'SIGTERM', output: expect.stringMatching(/Closed\n$/) })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'echo_server.ts does not wait for a client that says nothing, at %s',
    async (signal) => {
      await using server = new Program('examples/echo/echo_server.ts', '0')
      const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
      const client = connect(Number(port), '127.0.0.1')
      client.write('hello')
      await once(client, 'data')
      await server.end(signal)
      expect({ closed: server.output.includes('\nClosed\n'), signal: server.signal }).toEqual({ closed: true, signal })
      client.destroy()
    },
  )

  it('echo_client.ts reports that there is no server', async () => {
    const { stderr, code } = await runOnBuiltPackages('examples/echo/echo_client.ts', { args: ['1'] })
    expect({ refused: /ECONNREFUSED/.test(stderr), code }).toEqual({ refused: true, code: 1 })
  })
})
