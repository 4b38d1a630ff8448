import { type Coroutine, RuntimeError } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { call, coroutine } from '@spindle/task'

// Options of `fetch()`, including Node's, and options of Spindle.
const OPTIONS: readonly string[] = [
  'body',
  'cache',
  'credentials',
  'dispatcher',
  'duplex',
  'headers',
  'integrity',
  'keepalive',
  'maxBytes',
  'method',
  'mode',
  'priority',
  'redirect',
  'referrer',
  'referrerPolicy',
  'signal',
  'window',
]

/** How `fetchText` asks. */
export interface FetchOptions extends RequestInit {
  /** How many bytes the body may have. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number | undefined
}

/**
 * Fetches a URL and returns the body as text. Cancelled while waiting, also in the middle of the body: the connection
 * is closed, and the CancelledError is thrown when it is. So `timeout(1000, () => fetchText(url))` ends in time
 * whatever the server does.
 *
 * It is a fetch with a timeout that covers the body, too.
 * @param url an absolute URL without credentials
 * @param options those of `fetch`; `maxBytes` of the text, 64 MiB by default
 * @throws Error with the `status`, if it is not 2xx; RangeError if the body is larger than `maxBytes`; TypeError if the
 * URL is not absolute or has credentials in it, which are not printed; what `fetch` throws
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { type Coroutine, once, run, timeout } from 'spindle'
 * import { fetchText } from 'spindle/node'
 *
 * function* main(): Coroutine<void> {
 *   const server = createServer((_request, response) => void response.writeHead(200).write('half of it')).listen(0)
 *   yield* once(server, 'listening')
 *   const { port } = server.address() as { port: number }
 *   try {
 *     yield* timeout(100, () => fetchText(`http://localhost:${port}`))
 *   } catch (error) {
 *     console.log((error as Error).name) // prints: TimeoutError
 *   } finally {
 *     server.close()
 *   }
 * }
 * await run(main())
 * ```
 */
export function fetchText(url: string | URL, options: FetchOptions = {}): Coroutine<string> {
  checkOptions('fetchText()', options, OPTIONS)
  checkUrl('fetchText', url)
  return fetching(url, options)
}

const fetching = coroutine(function* fetchText(url: string | URL, options: FetchOptions): Coroutine<string> {
  const { maxBytes = 2 ** 26, signal: own, ...init } = options
  if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be >= 0, got ${repr(maxBytes)}`) // NaN would be no limit
  return yield* call(async (cancelled) => {
    // For the body, too: a signal that is only passed to `fetch()`, and does not cover the body, ends nothing in time.
    const signal = own ? AbortSignal.any([own, cancelled]) : cancelled
    const response = await fetch(url, { ...init, signal })
    if (!response.ok) {
      await response.body?.cancel() // or its socket stays open
      throw Object.assign(new RuntimeError(`${withoutCredentials(url)}: ${response.status} ${response.statusText}`), {
        status: response.status,
      })
    }
    return await textWithin(response, maxBytes, url)
  })
})

async function textWithin(response: Response, maxBytes: number, url: string | URL): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  if (response.body === null) return text
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes)
      throw new RangeError(`the body of ${withoutCredentials(url)} is larger than maxBytes, ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** `fetch` itself prints the whole URL, with user and password. */
function checkUrl(caller: string, url: string | URL): void {
  if (!URL.canParse(String(url))) throw new TypeError(`${caller}() takes an absolute URL`)
  const { username, password } = new URL(url)
  if (username !== '' || password !== '')
    throw new TypeError(
      `${withoutCredentials(url)}: the URL has credentials in it. Send them in a header: authorization`,
    )
}

/** Without the user, password and query, which may be secret. */
function withoutCredentials(url: string | URL): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
