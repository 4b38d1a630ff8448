// A coroutine as a guest of a web framework. What the frameworks hand to a handler is known by its shape:
//
//   node:http, Express           (request, response)   the response closes before it is finished
//   Fastify                      (request, reply)      the same of reply.raw
//   fetch-like (Hono, Deno, Bun) (request) or (c)      request.signal, or that of c.req.raw, aborts

import type { Coroutine } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { type AbortSignalLike, abortable, Runner, type RunnerOptions } from '@spindle/task'
import { keepStores } from './async-local-storage.ts'

/** A response of Node's HTTP server, as far as it is looked at. */
interface ResponseLike {
  readonly writableFinished: boolean
  readonly closed?: boolean
  readonly headersSent?: boolean
  writeHead?(status: number, headers: Record<string, string>): unknown
  end?(body: string): unknown
  destroy?(): unknown
  once(name: 'close', listener: () => void): unknown
}

const CLIENT_IS_GONE = 499 // what nginx logs for it; nobody sees it

/**
 * Makes a handler of a coroutine function, for Express, Fastify, Hono, `node:http` and all that look like them: an async function that runs it,
 * each call in a loop of its own. When the client goes away before it is answered, the coroutine is cancelled, and when it has cleaned
 * up, that was all. Ctrl-C does not concern it: it is for the program, which closes its server. What it throws otherwise, the framework gets (Express from version 5 on). With
 * `node:http`, which takes no notice of promises, it is reported to the exception handler of the loop, and the client is answered with 500,
 * or cut off if a part of an answer was sent.
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
  options: RunnerOptions = {},
): (...args: A) => Promise<T> {
  if (typeof handle !== 'function') throw new TypeError(`handler() takes a coroutine function, got ${repr(handle)}`)
  return async (...args) => {
    const client = clientOf(args)
    // Not run(): Ctrl-C is for the program, which closes its server, not for each of those who are being served.
    const runner = new Runner(options)
    try {
      return await keepStores(runner.getLoop()).runUntilComplete(abortable(client.signal, () => handle(...args)))
    } catch (error) {
      if (!client.signal.aborted || error !== client.signal.reason) {
        if (client.fail === undefined) throw error // the framework answers
        runner.getLoop().callExceptionHandler({ message: 'Unhandled exception in a handler()', exception: error })
        return client.fail() as T
      }
      return client.leave() as T // nobody looks at it
    } finally {
      client.release()
      await runner.close()
    }
  }
}

interface Client {
  readonly signal: AbortSignalLike
  /** What the framework gets of a handler whose client is gone, so that it leaves it at that. */
  leave(): unknown
  /** Answers for a handler that has thrown, where there is no framework that would. */
  readonly fail?: (() => void) | undefined
  release(): void
}

function clientOf(args: readonly unknown[]): Client {
  // First of all: a request of Node 24 has a signal, too, but the response tells whether it was answered.
  const [, second, ...more] = args
  if (isResponse(second) && more.length === 0)
    return { ...clientOfResponse(second, () => {}), fail: () => fail(second) }
  for (const given of args as readonly Shape[]) {
    if (isResponse(given?.raw)) return clientOfResponse(given.raw, () => given.hijack?.())
    if (isResponse(given)) return clientOfResponse(given, () => {})
  }
  for (const given of args as readonly Shape[]) {
    const signal = given?.req?.raw?.signal ?? given?.signal
    if (isSignal(signal)) {
      return { signal, leave: () => new Response(null, { status: CLIENT_IS_GONE }), release: () => {} }
    }
  }
  throw new TypeError('a handler() is to be called with a request or a response that tells when the client is gone')
}

function clientOfResponse(response: ResponseLike, leave: () => void): Client {
  const controller = new AbortController()
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new Error('the client is gone'))
  }
  if (response.closed) onClose()
  else response.once('close', onClose)
  return { signal: controller.signal, leave, release: () => (response as { off?: Off }).off?.('close', onClose) }
}

/** 500, if nothing was sent; else the client can only be cut off. */
function fail(response: ResponseLike): void {
  const { headersSent, writeHead, end, destroy } = response
  if (headersSent || writeHead === undefined || end === undefined) destroy?.call(response)
  else {
    writeHead.call(response, 500, { 'content-type': 'text/plain', connection: 'close' })
    end.call(response, 'Internal Server Error\n')
  }
}

type Off = (name: 'close', listener: () => void) => unknown

/** What may be among the arguments. */
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
