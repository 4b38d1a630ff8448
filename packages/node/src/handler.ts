// A coroutine as a guest of a web framework. What the frameworks hand to a handler is known by its shape:
//
//   node:http, Express           (request, response)   the response closes before it is finished
//   Fastify                      (request, reply)      the same of reply.raw
//   fetch-like (Hono, Deno, Bun) (request) or (c)      request.signal, or that of c.req.raw, aborts

import { CancelledError, type Coroutine } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { type AbortSignalLike, cancelOnAbort, getHostLoop, type Task } from '@spindle/task'

/** The part of a response of Node's HTTP server that is used here. */
interface ResponseLike {
  readonly writableFinished: boolean
  readonly closed?: boolean
  readonly headersSent?: boolean
  writeHead?(status: number, headers: Record<string, string>): unknown
  end?(body: string): unknown
  destroy?(): unknown
  once(name: 'close', listener: () => void): unknown
  off?(name: 'close', listener: () => void): unknown
}

const CLIENT_IS_GONE = 499 // what nginx logs for it; no client sees it

/**
 * Makes a handler of a coroutine function, for Express, Fastify, Hono, `node:http` and all that look like them: an
 * async function that runs it as a Task of the loop of `getHostLoop()`. All requests share that loop, and so locks,
 * queues, connections and Tasks; each has its own context and its own stores of `AsyncLocalStorage`. When the client
 * goes away before it is answered, the Task is cancelled and cleans up. Any other error goes to the framework (Express
 * from version 5 on). With `node:http`, which ignores promises, it is reported to the exception handler of the host
 * loop, and the client is answered with 500, or cut off if a part of an answer was sent. Tasks that a request has
 * started continue after the answer: `taskGroup` waits for them. A program closes its server first, then calls
 * `closeHostLoop()`.
 *
 * @example
 * ```ts
 * import { createServer, type ServerResponse } from 'node:http'
 * import { type Coroutine, run, sleep } from 'spindle'
 * import { call, handler, once } from 'spindle/node'
 *
 * const server = createServer(handler(function* (_request: unknown, response: ServerResponse) {
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
export function handler<A extends readonly unknown[], T>(
  handle: (...args: A) => Coroutine<T>,
): (...args: A) => Promise<T> {
  if (typeof handle !== 'function') throw new TypeError(`handler() takes a coroutine function, got ${repr(handle)}`)
  return async (...args) => {
    const client = clientOf(args)
    const loop = getHostLoop()
    const task = loop.createTask(handle(...args)) as Task<T>
    client.watch(task)
    try {
      return await task.then() // a promise: `await task` would take three, and more turns of the microtasks
    } catch (error) {
      const isCancelled = error instanceof CancelledError
      if (isCancelled && client.isGone) return client.leave() as T // it is never read
      if (client.fail === undefined) throw error // the framework answers
      if (isCancelled) return client.fail(503, 'Service Unavailable') as T // the host loop is being closed
      loop.callExceptionHandler({ message: 'Unhandled exception in a handler()', exception: error })
      return client.fail(500, 'Internal Server Error') as T
    } finally {
      client.release()
    }
  }
}

/** The client to answer. */
interface Client {
  readonly isGone: boolean
  /** Cancels the Task when the client goes away. */
  watch(task: Task): void
  /** Returns the value for the framework if the client has disconnected, so that the framework does nothing more. */
  leave(): unknown
  /** Answers for a handler that has thrown, where no framework does. */
  readonly fail?: ((status: number, text: string) => void) | undefined
  /** Listens no more. */
  release(): void
}

class ClientOfResponse implements Client {
  isGone = false
  readonly fail: Client['fail']
  readonly #response: ResponseLike
  readonly #hijack: (() => void) | undefined
  #task: Task | undefined
  readonly #onClose = (): void => {
    if (this.#response.writableFinished) return
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
    if (this.#response.closed) this.#onClose()
    else this.#response.once('close', this.#onClose)
  }

  leave(): void {
    this.#hijack?.()
  }

  release(): void {
    this.#response.off?.('close', this.#onClose)
  }
}

class ClientOfSignal implements Client {
  readonly #signal: AbortSignalLike

  constructor(signal: AbortSignalLike) {
    this.#signal = signal
  }

  get isGone(): boolean {
    return this.#signal.aborted
  }

  watch(task: Task): void {
    cancelOnAbort(task, this.#signal)
  }

  leave(): Response {
    return new Response(null, { status: CLIENT_IS_GONE })
  }

  release(): void {}
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
  for (const given of args as readonly Shape[]) {
    const signal = given?.req?.raw?.signal ?? given?.signal
    if (isSignal(signal)) return new ClientOfSignal(signal)
  }
  throw new TypeError('call a handler() with a request or a response that reports when the client is gone')
}

/** Answers if nothing was sent; else the client can only be cut off. */
function fail(response: ResponseLike, status: number, text: string): void {
  const { headersSent, writeHead, end, destroy } = response
  if (headersSent || writeHead === undefined || end === undefined) destroy?.call(response)
  else {
    writeHead.call(response, status, { 'content-type': 'text/plain', connection: 'close' })
    end.call(response, `${text}\n`)
  }
}

/** The properties that identify the arguments of the frameworks. */
interface Shape {
  readonly signal?: unknown
  readonly req?: { readonly raw?: { readonly signal?: unknown } }
  readonly raw?: unknown
  hijack?(): void
}

function isSignal(value: unknown): value is AbortSignalLike {
  return typeof (value as Partial<AbortSignalLike> | undefined)?.aborted === 'boolean'
}

function isResponse(value: unknown): value is ResponseLike {
  const response = value as Partial<ResponseLike> | undefined
  return typeof response?.writableFinished === 'boolean' && typeof response.once === 'function'
}
