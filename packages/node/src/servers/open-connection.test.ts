import { createServer, type Socket } from 'node:net'
import { CancelledError, type Coroutine, TimeoutError } from '@spindle/loop'
import { createTask, run, runSync, sleep, type Task, timeout, wait } from '@spindle/task'
import { describe, expect, it, vi } from 'vitest'
import { outcome } from '../outcome.fixture.ts'
import { openConnection, openUnixConnection } from './open-connection.ts'

/** A server that says nothing. Closed, it tells how many connections stay open. */
async function silent(): Promise<{ port: number; close(): Promise<number> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<number> => {
    server.close()
    for (let i = 0; i < 100 && (i < 2 || sockets.size > 0); i++) await new Promise((resolve) => setTimeout(resolve, 5))
    return sockets.size
  }
  return { port: (server.address() as { port: number }).port, close }
}

describe('openConnection', () => {
  it('throws when the connection is refused, and when the name or socket does not exist', async () => {
    const server = await silent()
    await server.close()
    const errors = [
      await run(outcome(openConnection('127.0.0.1', server.port))),
      await run(outcome(openConnection('no-such-host.invalid', 1))),
      await run(outcome(openUnixConnection('/no/such/socket'))),
    ]
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
      'ECONNREFUSED',
      expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
      'ENOENT',
    ])
  })

  it('stops the attempt when it is cancelled', async () => {
    function* main(): Coroutine<unknown> {
      const task = createTask(openConnection('somewhere', 9, { lookup: () => {} })) // whose address never comes
      yield* sleep(20)
      task.cancel()
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
  })

  it('stops a TLS handshake that takes too long', async () => {
    const server = await silent()
    const error = await run(outcome(timeout(50, () => openConnection('127.0.0.1', server.port, { tls: true }))))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(await server.close()).toBe(0)
  })

  it('stops a TLS handshake when its own time limit expires, which starts with the connection', async () => {
    const server = await silent()
    const tls = { handshakeTimeout: 20 }
    const error = await run(outcome(openConnection('127.0.0.1', server.port, { tls })))
    expect(error).toMatchObject({
      message: 'TLS handshake is taking longer than 0.02 seconds: aborting the connection',
      code: 'ERR_TLS_HANDSHAKE_TIMEOUT',
    })
    expect(await server.close()).toBe(0)
    const lookup = (): void => {} // there never is one
    const other = await run(outcome(timeout(60, () => openConnection('somewhere', 9, { tls, lookup }))))
    expect(other).toBeInstanceOf(TimeoutError)
  })

  it('limits a TLS handshake to a minute by default, and refuses a limit of 0', async () => {
    const server = await silent()
    const setTimeout = vi.spyOn(globalThis, 'setTimeout')
    const limits = (): (number | undefined)[] =>
      setTimeout.mock.calls.map(([, ms]) => ms).filter((ms = 0) => ms > 50_000)
    function* main(): Coroutine<unknown> {
      const connect = (handshakeTimeout?: number): Task<unknown> =>
        createTask(openConnection('127.0.0.1', server.port, { tls: { handshakeTimeout } }))
      const tasks = [connect(), connect(Number.POSITIVE_INFINITY)]
      while (limits().length < 2) yield* sleep(1)
      for (const task of tasks) task.cancel()
      return yield* wait(tasks)
    }
    await run(main())
    expect(limits()).toEqual([60_000, 2 ** 31 - 1])
    setTimeout.mockRestore()
    for (const handshakeTimeout of [0, -1, Number.NaN]) {
      expect(await run(outcome(openConnection('127.0.0.1', server.port, { tls: { handshakeTimeout } })))).toEqual(
        new RangeError(`handshakeTimeout should be a positive number, got ${handshakeTimeout}`),
      )
    }
    expect(await server.close()).toBe(0)
  })

  it('throws when the server speaks no TLS', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('220 ready\r\n'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const error = await run(outcome(openConnection('127.0.0.1', port, { tls: true })))
    expect((error as { code?: string }).code).toMatch(/^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ECONNRESET)$/)
    await new Promise((resolve) => server.close(resolve))
  })

  it('closes connections that their Tasks forgot when the loop closes', async () => {
    const server = await silent()
    await run(openConnection('127.0.0.1', server.port))
    expect(await server.close()).toBe(0)
  })

  it('fails at once in a blocking run', () => {
    expect(() => runSync(openConnection('127.0.0.1', 1))).toThrow(/^connect cannot be awaited in a blocking run/)
  })
})
