// A server of one's own on a free port, which counts the requests that it is answering.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Served {
  readonly url: string
  /** The requests that the server is answering. */
  readonly open: () => number
  readonly close: () => void
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export async function serving(answer: Answer): Promise<Served> {
  let open = 0
  const server = createServer((request, response) => {
    open++
    response.once('close', () => open--)
    // A request that cannot be read ends alone.
    answer(request, response).catch(() => (response.headersSent ? response.destroy() : response.writeHead(400).end()))
  })
  server.keepAliveTimeout = 0 // a request must not meet a connection that is being closed because it was idle
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => open,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
