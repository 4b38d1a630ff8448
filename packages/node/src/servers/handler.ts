// A coroutine as a guest of a web framework. What the frameworks hand to a handler is known by its shape:
//
//   node:http, http2, Express    (request, response)   the response closes before it is finished
//   Fastify                      (request, reply)      the same of reply.raw
//   Koa, NestJS                  (ctx), any order      the same of ctx.res, or of the request's res
//   fetch-like (Hono, Deno, Bun) (request) or (c)      request.signal, or that of c.req.raw, aborts

import type { IncomingMessage, ServerResponse } from 'node:http'
import { CancelledError, type Coroutine } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { asFunctionLike, cancelOnAbort, getHostLoop, signalsOf, type Task } from '@spindle/task'

/** The part of a response of Node's HTTP server that is used here. */
interface ResponseLike {
  readonly writableFinished: boolean
  readonly closed?: boolean
  readonly headersSent?: boolean
  readonly stream?: { readonly aborted?: boolean; readonly closed?: boolean }
  writeHead?(status: number, headers: Record<string, string>): unknown
  end?(body: string): unknown
  destroy?(): unknown
  once(name: 'close', listener: () => void): unknown
  off?(name: 'close', listener: () => void): unknown
}

const CLIENT_IS_GONE = 499 // what nginx logs for it; no client sees it

/** The options of `handler`. */
export interface HandlerOptions {
  /**
   * Whether a request whose client has disconnected is cancelled, or continues: for a POST whose work must be done in
   * any case.
   * @default 'cancel'
   */
  readonly onDisconnect?: 'cancel' | 'continue' | undefined
}

/**
 * Makes a handler of a coroutine function, for Express, Fastify, Koa, NestJS, Hono, Deno, `node:http`, `node:http2` and
 * all that look like them: `asyncFunction('host', …)` that knows their arguments. All requests share the loop of
 * `getHostLoop()`, and so locks, queues, connections and Tasks; each has its own context and its own stores of
 * `AsyncLocalStorage`. When the client goes away before it is answered, the Task is cancelled and cleans up. Any other
 * error goes to the framework (Express from version 5 on). With `node:http` and `node:http2`, which ignore promises, it
 * is reported to the exception handler of the host loop, and the client is answered with 500, or cut off if a part of
 * an answer was sent. Tasks that a request has started continue after the answer: `taskGroup` waits for them. `serve`
 * stops the server, and then the loop.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { call, type Coroutine, once, run, sleep } from 'spindle'
 * import { handler } from 'spindle/node'
 *
 * const server = createServer(handler(function* (_request, response) {
 *   yield* sleep(10)
 *   response.end('hello')
 * }))
 * function* main(): Coroutine<void> {
 *   server.listen(0)
 *   yield* once(server, 'listening')
 *   const { port } = server.address() as { port: number }
 *   console.log(yield* call(async (signal) => (await fetch(`http://localhost:${port}`, { signal })).text())) // prints: hello
 *   server.closeAllConnections()
 *   server.close()
 * }
 * await run(main())
 * ```
 */
export function handler<This, T, A extends readonly unknown[] = [request: IncomingMessage, response: ServerResponse]>(
  handle: (this: This, ...args: A) => Coroutine<T>,
  options: HandlerOptions = {},
): (this: This, ...args: A) => Promise<T> {
  if (typeof handle !== 'function') throw new TypeError(`handler() takes a coroutine function, got ${repr(handle)}`)
  checkOptions('handler()', options, ['onDisconnect'])
  const { onDisconnect = 'cancel' } = options
  if (onDisconnect !== 'cancel' && onDisconnect !== 'continue') {
    throw new TypeError(`onDisconnect must be 'cancel' or 'continue', got ${repr(onDisconnect)}`)
  }
  return asFunctionLike(handle, async function (this: This, ...args: A): Promise<T> {
    const client = clientOf(args)
    const loop = getHostLoop()
    const task = loop.createTask(Reflect.apply(handle, this, args) as Coroutine<T>)
    if (onDisconnect === 'cancel') client.watch(task)
    try {
      return await task.then() // a promise: `await task` would take three, and more turns of the microtasks
    } catch (error) {
      const isCancelled = error instanceof CancelledError
      if (isCancelled && client.isGone) return client.leave(error) as T // it is never read
      if (client.fail === undefined) throw error // the framework answers
      if (isCancelled) return client.fail(503, 'Service Unavailable') as T // the host loop is being closed
      loop.callExceptionHandler({ message: 'Unhandled exception in a handler()', exception: error })
      return client.fail(500, 'Internal Server Error') as T
    } finally {
      client.release()
    }
  })
}

interface Client {
  readonly isGone: boolean
  /** Cancels the Task when the client goes away. */
  watch(task: Task): void
  /**
   * Returns the value for the framework if the client has disconnected, so that the framework does nothing more.
   * @param error the error of the cancellation
   */
  leave(error: unknown): unknown
  /** Answers for a handler that has thrown, where no framework does. */
  readonly fail?: ((status: number, text: string) => void) | undefined
  release(): void
}

class ClientOfResponse implements Client {
  isGone = false
  readonly fail: Client['fail']
  readonly #response: ResponseLike
  readonly #hijack: (() => void) | undefined
  #task: Task | undefined
  readonly #onClose = (): void => {
    const { writableFinished, stream } = this.#response
    if (writableFinished && stream?.aborted !== true) return // a stream of HTTP/2 that was reset is finished, too
    this.isGone = true
    this.#task?.requestCancel({ by: 'the client, which is gone' })
  }

  constructor(response: ResponseLike, fail: Client['fail'], hijack: (() => void) | undefined) {
    this.#response = response
    this.fail = fail
    this.#hijack = hijack
  }

  watch(task: Task): void {
    this.#task = task
    if (this.#response.closed ?? this.#response.stream?.closed) this.#onClose()
    else this.#response.once('close', this.#onClose)
  }

  leave(): void {
    this.#hijack?.()
  }

  release(): void {
    this.#response.off?.('close', this.#onClose)
  }
}

class ClientOfSignals implements Client {
  readonly #signals: ReturnType<typeof signalsOf>
  readonly #isRequest: boolean

  constructor(args: readonly unknown[]) {
    this.#signals = signalsOf(args)
    this.#isRequest = args.some((given) => isRequest(given) || isRequest((given as Shape | undefined)?.req?.raw))
  }

  get isGone(): boolean {
    return this.#signals.signals.some((signal) => signal.aborted)
  }

  watch(task: Task): void {
    for (const signal of this.#signals.signals) cancelOnAbort(task, signal)
  }

  leave(error: unknown): Response {
    if (this.#isRequest) return new Response(null, { status: CLIENT_IS_GONE })
    throw this.#signals.signals.find((signal) => signal.aborted)?.reason ?? error
  }

  release(): void {
    this.#signals.release()
  }
}

function clientOf(args: readonly unknown[]): Client {
  // First of all: a request of Node 24 has a signal, too, but only the response shows whether it was answered.
  const [, second, ...more] = args
  if (isResponse(second) && more.length === 0) {
    return new ClientOfResponse(second, (status, text) => fail(second, status, text), undefined)
  }
  for (const given of args as readonly Shape[]) {
    if (isResponse(given?.raw)) return new ClientOfResponse(given.raw, undefined, () => given.hijack?.())
    if (isResponse(given)) return new ClientOfResponse(given, undefined, undefined)
  }
  // Hono's context has a `res`, too, which is made when it is read.
  const owner = (args as readonly Shape[]).find((given) => given?.req?.raw === undefined && isResponse(given?.res))
  return owner === undefined
    ? new ClientOfSignals(args)
    : new ClientOfResponse(owner.res as ResponseLike, undefined, undefined)
}

/** Answers if nothing was sent; else the client can only be cut off. */
function fail(response: ResponseLike, status: number, text: string): void {
  const { headersSent, writeHead, end, destroy } = response
  if (headersSent || writeHead === undefined || end === undefined) destroy?.call(response)
  else {
    const closing = response.stream === undefined ? { connection: 'close' } : undefined // HTTP/2 has no such header
    writeHead.call(response, status, { 'content-type': 'text/plain', ...closing })
    end.call(response, `${text}\n`)
  }
}

/** The properties that identify the arguments of the frameworks. */
interface Shape {
  readonly req?: { readonly raw?: unknown }
  readonly raw?: unknown
  readonly res?: unknown
  hijack?(): void
}

/** Whether it is a `Request` of fetch, of whatever make. */
function isRequest(value: unknown): boolean {
  const request = value as Partial<Request> | null | undefined
  return typeof request?.url === 'string' && typeof request.headers?.get === 'function'
}

function isResponse(value: unknown): value is ResponseLike {
  const response = value as Partial<ResponseLike> | undefined
  return typeof response?.writableFinished === 'boolean' && typeof response.once === 'function'
}
