import { once as nodeOnce } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { CancelledError } from '@spindle/loop'
import { abandon, createTask, getHostLoop, newEventLoop, run, sleep, uncancellable } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { handler } from './handler.ts'
import { type ServedServer, type ServeOptions, serve } from './serve.ts'

interface Answer {
  readonly status: number | undefined
  readonly connection: string | undefined
  readonly text: string
}

async function get(server: Server, agent?: Agent): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  const asked = request({ port, agent: agent ?? false })
  asked.end()
  const [response] = (await nodeOnce(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, connection: response.headers.connection, text }
}

/** A server that serves until `stop()`, whose promise is fulfilled when it has stopped. */
async function serving(
  server: ServedServer,
  options?: ServeOptions,
): Promise<{ stop(): Promise<void>; abandon(): void }> {
  const controller = new AbortController()
  const loop = newEventLoop()
  server.listen(0)
  const running = run(serve(server, options), { signal: controller.signal, loopFactory: () => loop })
  running.catch(() => {})
  await nodeOnce(server, 'listening')
  return {
    stop: async () => {
      controller.abort(new Error('stopped'))
      await expect(running).rejects.toThrow('stopped')
    },
    abandon: () => abandon({ loop }),
  }
}

const keptAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 })

describe('serve()', () => {
  it('answers the requests in flight, and tells the client that the connection ends', async () => {
    let finish: (() => void) | undefined
    const server = createServer((_request, response) => {
      finish = () => response.end('in time')
      server.emit('asked')
    })
    const { stop } = await serving(server)
    const asked = nodeOnce(server, 'asked')
    const answer = get(server, keptAgent())
    await asked
    const stopped = stop()
    await expect.poll(() => server.listening).toBe(false)
    finish?.()
    expect(await answer).toEqual({ status: 200, connection: 'close', text: 'in time' })
    await stopped
  })

  it('cuts idle connections at once when it is abandoned', async () => {
    const server = createServer({ keepAliveTimeout: 0 }, (_request, response) => void response.end('hello'))
    const { stop, abandon } = await serving(server, { graceTime: 1_000_000 })
    await get(server, keptAgent())
    const stopped = stop()
    await expect.poll(() => server.listening).toBe(false)
    abandon()
    await stopped
  })

  it('answers late requests on a kept connection, which node:http would have closed', async () => {
    const server = createServer((_request, response) => void response.end('hello'))
    const agent = keptAgent()
    const { stop } = await serving(server)
    expect(await get(server, agent)).toEqual({ status: 200, connection: 'keep-alive', text: 'hello' })
    const { port } = server.address() as AddressInfo
    const stopped = stop()
    await expect.poll(() => server.listening).toBe(false)
    server.address = () => ({ port, address: '', family: '' })
    expect(await get(server, agent)).toEqual({ status: 200, connection: 'close', text: 'hello' })
    await stopped
  })

  it('calls onStop, cancels handlers at the end of the grace time, and Tasks of the host loop', async () => {
    const log: string[] = []
    const server = createServer(
      handler(function* (_request: unknown, _response: ServerResponse) {
        createTask(
          (function* () {
            try {
              yield* sleep(60_000)
            } finally {
              log.push('Task cancelled')
            }
          })(),
        )
        try {
          server.emit('asked')
          yield* sleep(60_000)
        } finally {
          yield* uncancellable(() => sleep(1))
          log.push('handler cancelled')
        }
      }),
    )
    const { stop } = await serving(server, { graceTime: 20, onStop: () => log.push('stop') })
    const asked = nodeOnce(server, 'asked')
    const answer = get(server).catch((error: NodeJS.ErrnoException) => error.code)
    await asked
    const hostLoop = getHostLoop()
    await stop()
    expect(log.sort()).toEqual(['Task cancelled', 'handler cancelled', 'stop'])
    expect({ answer: await answer, closed: hostLoop.isClosed() }).toEqual({ answer: 'ECONNRESET', closed: true })
  })

  it('cuts an idle connection when the grace time expires', async () => {
    const server = createServer()
    const { stop } = await serving(server, { graceTime: 20 })
    const socket = connect((server.address() as AddressInfo).port)
    await nodeOnce(server, 'connection')
    socket.resume()
    const closed = nodeOnce(socket, 'close')
    await stop()
    await closed
  })

  it('lets sessions of HTTP/2 end their streams', async () => {
    const server = createHttp2Server()
    const { stop } = await serving(server)
    const session = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`)
    const asked = nodeOnce(server, 'stream') as Promise<[ServerHttp2Stream]>
    const request = session.request({ ':path': '/' }).resume()
    const [stream] = await asked
    const told = nodeOnce(session, 'goaway')
    const stopped = stop()
    await told
    const answered = nodeOnce(request, 'response')
    stream.respond({ ':status': 204 }, { endStream: true })
    expect((await answered)[0]).toMatchObject({ ':status': 204 })
    await stopped
  })

  it('returns if the server is closed by other means, and throws its errors', async () => {
    const server = createServer()
    server.listen(0)
    const running = run(serve(server))
    await nodeOnce(server, 'listening')
    const second = createServer()
    await expect(run(serve(second.listen((server.address() as AddressInfo).port)))).rejects.toThrow('EADDRINUSE')
    server.close()
    expect(await running).toBeUndefined()
    expect(['connection', 'session', 'request'].map((name) => server.listenerCount(name))).toEqual([1, 0, 0])
  })

  it('refuses a value that is not a server, and unknown options', () => {
    expect(() => serve({} as never)).toThrow('serve() takes a server of node:http, got {}')
    expect(() => serve(createServer(), { graceTime: '1' as never })).toThrow('graceTime must be')
    expect(() => serve(createServer(), { onStop: 1 as never })).toThrow('onStop must be a function, got 1')
    expect(() => serve(createServer(), { timeout: 1 } as never)).toThrow('timeout')
  })

  it('is cancelled with a CancelledError, as any coroutine', async () => {
    const server = createServer().listen(0)
    function* main() {
      const task = createTask(serve(server))
      yield* sleep(0)
      task.cancel()
      yield* task
    }
    await expect(run(main())).rejects.toBeInstanceOf(CancelledError)
    expect(server.listening).toBe(false)
  })
})
