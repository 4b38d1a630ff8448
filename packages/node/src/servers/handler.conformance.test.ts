// One table: each framework, and each way in which a request can end.

import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import {
  connect,
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { CancelledError, type Coroutine } from '@spindle/loop'
import { closeHostLoop, getHostLoop, sleep } from '@spindle/task'
import express, {
  type ErrorRequestHandler,
  type Request as ExpressRequest,
  type Response as ExpressResponse,
} from 'express'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Hono } from 'hono'
import Koa, { type Context as KoaContext } from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import { cert, key } from './certificate.fixture.ts'
import { type HandlerOptions, handler } from './handler.ts'

/** What a request does: writes with `raw`, if its framework has it, and returns the text of the answer. */
type Work = (path: string, raw: ServerResponse | undefined) => Coroutine<string>

interface Framework {
  /** Starts a server, and returns its port. */
  start(work: Work, options: HandlerOptions): Promise<number>
  readonly http2?: boolean
  readonly tls?: boolean
  /** Whether the coroutine itself writes the body, so that a client may leave in it. */
  readonly writesBody: boolean
  /** The status of a request that is in flight when the host loop is closed. */
  readonly atShutdown: number
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await closeHostLoop()
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function onHttp(work: Work, options: HandlerOptions): RequestListener {
  return handler(function* (request: IncomingMessage, response: ServerResponse) {
    response.end(yield* work(request.url ?? '', response))
  }, options)
}

async function listeningHttp2(server: Http2Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => void server.close())
  return (server.address() as AddressInfo).port
}

function onHttp2(work: Work, options: HandlerOptions): (asked: Http2ServerRequest, to: Http2ServerResponse) => void {
  return handler(function* (request: Http2ServerRequest, response: Http2ServerResponse) {
    response.end(yield* work(request.url, response as never)) // the same for what is used of it
  }, options)
}

const frameworks: Record<string, Framework> = {
  'node:http': {
    start: (work, options) => listening(createServer(onHttp(work, options))),
    writesBody: true,
    atShutdown: 503,
  },
  'node:https': {
    start: (work, options) => listening(createHttpsServer({ cert, key }, onHttp(work, options))),
    tls: true,
    writesBody: true,
    atShutdown: 503,
  },
  'node:http2': {
    start: (work, options) => listeningHttp2(createHttp2Server(onHttp2(work, options))),
    http2: true,
    writesBody: true,
    atShutdown: 503,
  },
  'node:http2 over TLS': {
    start: (work, options) => listeningHttp2(createSecureServer({ cert, key }, onHttp2(work, options))),
    http2: true,
    tls: true,
    writesBody: true,
    atShutdown: 503,
  },
  Express: {
    start(work, options) {
      const app = express()
      app.set('env', 'test') // prints no stacks
      const answer = handler(function* (request: ExpressRequest, response: ExpressResponse) {
        const text = yield* work(request.path, response)
        if (!response.headersSent) response.send(text)
        else response.end(text)
      }, options)
      app.get('/*path', answer)
      return listening(createServer(app))
    },
    writesBody: true,
    atShutdown: 500,
  },
  'NestJS: a method, with its arguments in any order': {
    start(work, options) {
      class Controller {
        readonly work = work
        find = handler(function* (this: Controller, _id: string, response: ExpressResponse, request: ExpressRequest) {
          response.end(yield* this.work(request.path, response))
        }, options)
      }
      const controller = new Controller()
      const app = express()
      app.set('env', 'test')
      app.get('/*path', (request, response) => controller.find('id', response, request))
      return listening(createServer(app))
    },
    writesBody: true,
    atShutdown: 500,
  },
  'NestJS: the request alone': {
    start(work, options) {
      const app = express()
      app.set('env', 'test')
      const find = handler(function* (_id: string, request: ExpressRequest) {
        return yield* work(request.path, undefined)
      }, options)
      app.get('/*path', async (request, response) => void response.send((await find('id', request)) ?? ''))
      return listening(createServer(app))
    },
    writesBody: false,
    atShutdown: 500,
  },
  Koa: {
    start(work, options) {
      const app = new Koa()
      app.silent = true
      app.use(
        handler(function* (context: KoaContext, _next: () => Promise<unknown>) {
          const text = yield* work(context.path, context.res)
          if (context.headerSent) context.res.end(text)
          else context.body = text
        }, options),
      )
      return listening(createServer(app.callback()))
    },
    writesBody: true,
    atShutdown: 500,
  },
  Fastify: {
    async start(work, options) {
      const app = fastify({ forceCloseConnections: true })
      closing.push(() => app.close())
      app.get(
        '*',
        handler(function* (request: FastifyRequest, reply: FastifyReply) {
          const text = yield* work(request.url, reply.raw)
          if (!reply.raw.headersSent) return text
          reply.hijack()
          reply.raw.end(text)
          return undefined
        }, options),
      )
      await app.listen({ port: 0, host: '127.0.0.1' })
      return (app.server.address() as AddressInfo).port
    },
    writesBody: true,
    atShutdown: 500,
  },
  'Hono on Node': {
    start: (work, options) => {
      const app = new Hono()
      app.onError((_error, c) => c.text('failed', 500))
      app.get(
        '*',
        handler(function* (c: { req: { path: string; raw: Request }; text(text: string): Response }) {
          return c.text(yield* work(c.req.path, undefined))
        }, options),
      )
      return fetchServer(app.fetch)
    },
    writesBody: false,
    atShutdown: 500,
  },
  'a server that calls fetch(), as Deno.serve does': {
    start: (work, options) => {
      const answer = handler(function* (request: Request) {
        return new Response(yield* work(new URL(request.url).pathname, undefined))
      }, options)
      // Like Deno, which passes nothing to a function that declares no parameters.
      const called = (request: Request) =>
        answer.length === 0 ? Reflect.apply(answer, undefined, []) : answer(request)
      return fetchServer((request) => called(request).catch(() => new Response('failed', { status: 500 })))
    },
    writesBody: false,
    atShutdown: 500,
  },
}

function fetchServer(fetch: (request: Request) => Response | Promise<Response>): Promise<number> {
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port)) as Server
    closing.push(() => {
      server.closeAllConnections()
      server.close()
    })
  })
}

interface Asked {
  readonly status: Promise<number | string>
  /** The headers have come, or the first part of the body, if there is one. */
  readonly begun: Promise<unknown>
  leave(): void
}

function ask(port: number, path: string, { http2, tls }: Framework): Asked {
  if (http2 === true) return askHttp2(`${tls === true ? 'https' : 'http'}://127.0.0.1:${port}`, path)
  const asked = (tls === true ? httpsRequest : request)({ host: '127.0.0.1', port, path, ca: cert })
  asked.on('error', () => {}).end()
  const response = new Promise<IncomingMessage>((resolve) => asked.on('response', resolve))
  void response.then((answer) => answer.on('error', () => {}).resume())
  const closed = new Promise<string>((resolve) => asked.on('close', () => resolve('AbortError')))
  const status = Promise.race([response.then((answer) => answer.statusCode as number), closed])
  const begun = response.then((answer): unknown => path === '/headers' || once(answer, 'data'))
  return { status, begun, leave: () => asked.destroy() }
}

function askHttp2(origin: string, path: string): Asked {
  const session = connect(origin, { ca: cert })
  closing.unshift(() => session.destroy())
  const stream = session.request({ ':path': path })
  stream.on('error', () => {})
  const status = new Promise<number | string>((resolve) => {
    stream.on('response', (headers) => resolve(headers[':status'] as number))
    stream.on('close', () => resolve('AbortError'))
  })
  const begun = new Promise((resolve) => stream.once(path === '/headers' ? 'response' : 'data', resolve))
  return { status, begun, leave: () => stream.close(8) } // CANCEL: the session stays
}

/** Until it says so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2)) // a test that waits forever fails by its limit
}

describe.each(Object.entries(frameworks))('handler(), in %s,', (_name, framework) => {
  let log: string[] = []

  function* work(path: string, raw: ServerResponse | undefined): Coroutine<string> {
    if (path === '/fail') throw new Error('failed')
    if (path === '/quick') return yield* sleep(1, 'answer')
    if (path === '/body') {
      raw?.writeHead(200, { 'content-type': 'text/plain' })
      raw?.write('a part')
    } else if (path === '/headers') {
      raw?.writeHead(200, { 'content-type': 'text/plain' })
      raw?.flushHeaders()
    }
    log.push('begun')
    try {
      yield* sleep(path === '/short' ? 50 : 3_600_000)
      log.push('done')
    } catch (error) {
      log.push(error instanceof CancelledError ? 'cancelled' : String(error))
      throw error
    } finally {
      yield* sleep(1)
      log.push('cleaned up')
    }
    return 'too late'
  }

  async function start(options: HandlerOptions = {}): Promise<number> {
    log = []
    getHostLoop().setExceptionHandler((_loop, { message }) => void log.push(message))
    return await framework.start(work, options)
  }

  it('answers', async () => {
    const port = await start()
    expect(await ask(port, '/quick', framework).status).toBe(200)
    expect(log).toEqual([])
  })

  it('answers with 500 when the coroutine throws', async () => {
    const port = await start()
    expect(await ask(port, '/fail', framework).status).toBe(500)
  })

  it('is cancelled by a client that leaves before the headers', async () => {
    const port = await start()
    const asked = ask(port, '/long', framework)
    await until(() => log.length > 0)
    asked.leave()
    await until(() => log.includes('cleaned up'))
    expect(log).toEqual(['begun', 'cancelled', 'cleaned up'])
    expect(await asked.status).toBe('AbortError')
  })

  const moments = framework.writesBody ? ['/headers', '/body'] : []
  it.each(moments)('is cancelled by a client that leaves after a part of the answer: %s', async (path) => {
    const port = await start()
    const asked = ask(port, path, framework)
    await asked.begun
    asked.leave()
    await until(() => log.includes('cleaned up'))
    expect(log).toEqual(['begun', 'cancelled', 'cleaned up'])
  })

  it("continues with { onDisconnect: 'continue' }", async () => {
    const port = await start({ onDisconnect: 'continue' })
    const asked = ask(port, '/short', framework)
    await until(() => log.length > 0)
    asked.leave()
    await until(() => log.includes('cleaned up'))
    expect(log).toEqual(['begun', 'done', 'cleaned up'])
  })

  it('is cancelled when the host loop closes, and the client is answered', async () => {
    const port = await start()
    const asked = ask(port, '/long', framework)
    await until(() => log.length > 0)
    await closeHostLoop()
    expect(log).toEqual(['begun', 'cancelled', 'cleaned up'])
    expect(await asked.status).toBe(framework.atShutdown)
  })
})

describe('handler()', () => {
  it('passes an error to the error handler of Express, but not the cancellation by a client that has left', async () => {
    const log: string[] = []
    const app = express()
    const answer = handler(function* ({ path }: ExpressRequest) {
      if (path === '/fail') throw new Error('failed')
      log.push('begun')
      try {
        yield* sleep(3_600_000)
      } finally {
        log.push('ended')
      }
    })
    const onError: ErrorRequestHandler = (error, _request, response, _next) => {
      log.push(String(error))
      response.sendStatus(500)
    }
    app.get('/*path', answer).use(onError)
    const port = await listening(createServer(app))
    const asked = ask(port, '/long', frameworks['Express']!)
    await until(() => log.includes('begun'))
    asked.leave()
    await until(() => log.includes('ended'))
    expect(await ask(port, '/fail', frameworks['Express']!).status).toBe(500)
    expect(log).toEqual(['begun', 'ended', 'Error: failed'])
  })

  it('has a parameter, a name and the `this` of its function', async () => {
    const none = handler(function* none() {
      return yield* sleep(0, 1)
    })
    const four = handler(function* onError(_error: Error, _request: object, _response: object, _next: () => void) {})
    expect([none.length, none.name, four.length, four.name]).toEqual([1, 'none', 4, 'onError'])
  })

  it('rejects with the reason of a signal that no Request has', async () => {
    const tool = handler(function* (_context: { abortSignal: AbortSignal }) {
      yield* sleep(3_600_000)
    })
    const controller = new AbortController()
    const asked = tool({ abortSignal: controller.signal }).catch((error: unknown) => error)
    const reason = new Error('stopped')
    controller.abort(reason)
    expect(await asked).toBe(reason)
  })

  it('refuses what onDisconnect is not', () => {
    expect(() => handler(function* () {}, { onDisconnect: 'ignore' as never })).toThrow(
      "onDisconnect must be 'cancel' or 'continue', got 'ignore'",
    )
  })
})
