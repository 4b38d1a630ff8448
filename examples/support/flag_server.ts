// A web server with the flags of the world, for the programs that download them. It runs on a separate thread, on a
// free port of this machine, so it answers while the thread that started it blocks.

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stopSignal, ThreadPoolExecutor } from 'spindle/thread'

/** How the server behaves. */
export interface FlagServerOptions {
  /** How many ms it takes to answer. @default 0 */
  readonly delay?: number
  /** One in this many flags is refused with "503 Service Unavailable", always the same ones. @default none */
  readonly failOneOf?: number
  /** One in this many flags breaks the connection in the middle, always the same ones. @default none */
  readonly breakOneOf?: number
}

/** Starts the server; blocks until it is ready. */
export function startFlagServer(options: FlagServerOptions = {}): { readonly url: string; stop(): void } {
  const executor = new ThreadPoolExecutor(1, { threadNamePrefix: 'flag-server' })
  const port = new Int32Array(new SharedArrayBuffer(4)) // 0 until it listens
  const serving = executor.submit(serve, port, options)
  while (Atomics.wait(port, 0, 0, 100) === 'timed-out') if (serving.done()) serving.result() // it has failed
  return {
    url: `http://127.0.0.1:${Atomics.load(port, 0)}/flags`,
    stop() {
      serving.cancel() // which serve() sees, as its signal is aborted
      executor.shutdown()
    },
  }
}

/** Runs on the thread until it is requested to stop. */
export async function serve(port: Int32Array, { delay = 0, failOneOf, breakOneOf }: FlagServerOptions): Promise<void> {
  const server = createServer(async (request, response) => {
    if (delay > 0) await setTimeout(delay)
    const cc = /^\/flags\/([a-z]{2})\.svg$/.exec(request.url ?? '')?.[1] ?? ''
    if (failOneOf !== undefined && numberOf(cc) % failOneOf === 0) refuse(response, 503)
    else if (breakOneOf !== undefined && numberOf(cc) % breakOneOf === 0) breakOff(response)
    else await sendFlag(response, cc)
  })
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve))
  Atomics.store(port, 0, (server.address() as AddressInfo).port) // it has one, as it listens
  Atomics.notify(port, 0)
  await stopped(server)
}

async function sendFlag(response: ServerResponse, cc: string): Promise<void> {
  try {
    const image = await readFile(flagFile(cc))
    response.writeHead(200, { 'content-type': 'image/svg+xml', 'content-length': image.length }).end(image)
  } catch {
    refuse(response, 404)
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end()
}

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'image/svg+xml', 'content-length': 1000 }).write('<svg')
  response.destroy()
}

function stopped(server: Server): Promise<void> {
  const signal = stopSignal()
  return new Promise((resolve) => {
    const stop = (): void => {
      server.close(() => resolve())
      server.closeAllConnections()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
}

/** The codes of all countries that have a flag here, such as `KR`. */
export function allCountryCodes(): string[] {
  return readdirSync(flags).flatMap((name) => /^[a-z]{2}(?=\.svg$)/.exec(name)?.[0].toUpperCase() ?? [])
}

/** Where the flag of a country lies on the server's disk. */
export function flagFile(cc: string): string {
  return `${flags}${cc.toLowerCase()}.svg`
}

const flags = fileURLToPath(new URL('flags/4x3/', import.meta.resolve('flag-icons/package.json')))

// 0 for `aa`, 675 for `zz`.
function numberOf(cc: string): number {
  return (cc.charCodeAt(0) - 97) * 26 + cc.charCodeAt(1) - 97
}
