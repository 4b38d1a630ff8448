// A web site of 300 pages for crawler.ts: some answer late, some only the second time, and some links lead nowhere.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Coroutine, once, sleep } from 'spindle'
import { handler } from 'spindle/node'

const PAGES = 300

/** The server of the site. */
export class Site {
  readonly #asked = new Set<number>()
  readonly #server = createServer(
    handler((request: IncomingMessage, response: ServerResponse) => this.#answer(request.url ?? '/', response)),
  )

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  *start(): Coroutine<string> {
    this.#server.listen(0, '127.0.0.1')
    yield* once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}/0`
  }

  *#answer(path: string, response: ServerResponse): Coroutine<void> {
    const number = Number(path.slice(1))
    const isThere = number < PAGES // which NaN is not
    yield* sleep(isThere ? 10 + (number % 7) : 10)
    if (!isThere) response.writeHead(404).end('there is no such page')
    else if (number % 10 === 3 && !this.#asked.has(number)) response.writeHead(503).end('later, please')
    else response.end(page(number))
    this.#asked.add(number)
  }
}

function page(number: number): string {
  const links = [1, 2, 3].map((n) => 3 * number + n).filter((target) => target < PAGES)
  const targets = [0, ...links, ...(number % 60 === 7 ? [`missing-${number}`] : [])]
  return `<title>Page ${number}</title>${targets.map((target) => `<a href="/${target}">${target}</a>`).join()}`
}
