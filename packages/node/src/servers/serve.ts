// `server.close()` of node:http closes idle connections at once, also one on which a request is on its way: that
// request is lost. Here a kept connection stays, and answers late requests with `Connection: close`; one that
// remains idle is left to `keepAliveTimeout`, which its client knows.

import type { Server as HttpServer, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server, Http2ServerResponse, ServerHttp2Session } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import net, { type Socket } from 'node:net'
import { CancelledError, type Coroutine, type EventLoop, getRunningLoop } from '@spindle/loop'
import { ambient, checkGraceTime, checkOptions, HostFuture, repr } from '@spindle/loop/internal'
import { call, closeHostLoop, coroutine, moveOnAfter, once, shield, uncancellable } from '@spindle/task'

/** A server that `serve` stops. */
export type ServedServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** The options of `serve`. */
export interface ServeOptions {
  /**
   * How many ms requests have to end that are being answered when the server stops. Then their connections are cut,
   * which cancels the Tasks of `handler`, and the Tasks of the host loop are cancelled.
   * @default 10_000
   */
  readonly graceTime?: number | undefined
  /**
   * Called when the server begins to stop: streams without an end (server-sent events) end themselves, a readiness
   * probe answers 503.
   */
  readonly onStop?: (() => void) | undefined
}

/**
 * Serves until the caller is cancelled, then stops without losing a request: no new connections are accepted, what is
 * in flight is answered, what still comes on kept connections is answered with `Connection: close`, and idle
 * connections are left to `keepAliveTimeout`, which their clients know. Sessions of HTTP/2 receive a GOAWAY, and end
 * their streams; clients may repeat a stream that it refuses. At last the host loop is closed, with the Tasks that
 * requests have started. Then the CancelledError is thrown. With `runMain` a `SIGTERM` does this; a second one cuts
 * the connections (`abandon()`), and a third ends the process at once. Call it when the server begins to listen:
 * connections that are older are counted, but what they send is not seen. If the server is closed by other means, it
 * returns. An addition to asyncio.
 * @throws the `'error'` of the server: that the port is taken, for example
 *
 * @example
 * ```ts
 * import { createServer, type ServerResponse } from 'node:http'
 * import { type Coroutine, moveOnAfter, run, sleep } from 'spindle'
 * import { handler, serve } from 'spindle/node'
 *
 * const server = createServer(handler(function* (_request: unknown, response: ServerResponse) {
 *   yield* sleep(10)
 *   response.end('hello')
 * }))
 * function* main(): Coroutine<void> {
 *   yield* serve(server.listen(0), { graceTime: 5000 })
 * }
 * await run(() => moveOnAfter(50, main))
 * console.log(server.listening) // prints: false
 * ```
 */
export function serve(server: ServedServer, options: ServeOptions = {}): Coroutine<void> {
  if (!(server instanceof net.Server)) throw new TypeError(`serve() takes a server of node:http, got ${repr(server)}`)
  checkOptions('serve()', options, ['graceTime', 'onStop'])
  const { graceTime = 10_000, onStop } = options
  checkGraceTime(graceTime)
  if (onStop !== undefined && typeof onStop !== 'function') {
    throw new TypeError(`onStop must be a function, got ${repr(onStop)}`)
  }
  return serving(server as ServedServer, graceTime, onStop)
}

const serving = coroutine(function* serve(
  server: ServedServer,
  graceTime: number,
  onStop: (() => void) | undefined,
): Coroutine<void> {
  const traffic = new Traffic(server)
  try {
    yield* once(server, 'close', { errors: 'throw' })
  } catch (error) {
    yield* uncancellable(function* () {
      const loop = getRunningLoop()
      const deadline = loop.time() + graceTime
      if (onStop !== undefined) loop.callSoon(onStop)
      yield* traffic.end(graceTime)
      if (error instanceof CancelledError) yield* endHostLoop(loop, Math.max(0, deadline - loop.time()))
    })
    throw error
  } finally {
    traffic.forget()
  }
})

/** The Tasks of requests run there. One in the host loop itself cannot wait for its end. */
function* endHostLoop(loop: EventLoop, graceTime: number): Coroutine<void> {
  if (ambient.hostLoop?.loop !== loop) yield* call(() => closeHostLoop({ graceTime }))
}

/** The activity of a server: its connections, and its unfinished responses. */
class Traffic {
  readonly #server: ServedServer
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #responses = new Set<ServerResponse>() // of HTTP/1
  #isEnding = false

  constructor(server: ServedServer) {
    this.#server = server
    server.on('connection', this.#onConnection)
    server.on('session', this.#onSession)
    server.prependListener('request', this.#onRequest) // first: it sets a header before the program answers
  }

  /**
   * Accepts no further connections, and returns when the last connection has ended, or was cut: after `graceTime` ms,
   * or by `abandon()`.
   */
  *end(graceTime: number): Coroutine<void> {
    this.#isEnding = true
    for (const response of this.#responses) closeAfter(response)
    for (const session of this.#sessions) session.close()
    const closed = new HostFuture<void>('the last connection')
    // That of node:http closes idle connections at once, also one on which a request is on its way.
    net.Server.prototype.close.call(this.#server, () => closed.resolve())
    const cut = (): void => this.#cut()
    const { graces } = getRunningLoop()
    graces.add(cut)
    yield* moveOnAfter(graceTime, () => shield(closed))
    graces.delete(cut)
    if (!closed.done()) this.#cut()
    yield* closed
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    if ('closeAllConnections' in this.#server) this.#server.closeAllConnections() // the earlier connections
  }

  forget(): void {
    this.#server.off('connection', this.#onConnection)
    this.#server.off('session', this.#onSession)
    this.#server.off('request', this.#onRequest)
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  readonly #onSession = (session: ServerHttp2Session): void => {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    if (this.#isEnding) session.close()
  }

  readonly #onRequest = (_request: unknown, response: ServerResponse | Http2ServerResponse): void => {
    if ('stream' in response) return // HTTP/2
    if (this.#isEnding) return closeAfter(response)
    this.#responses.add(response)
    response.once('close', () => this.#responses.delete(response))
  }
}

/** The client sends nothing more on this connection. */
function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}
