// A server of one's own on a free port, which counts the requests that it is answering.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Served {
  readonly url: string
  /** The requests that the server is answering. */
  readonly open: () => number
  readonly close: () => void
}

export async function serving(answer: RequestListener): Promise<Served> {
  let open = 0
  const server = createServer((request, response) => {
    open++
    response.once('close', () => open--)
    return answer(request, response)
  }).listen(0, '127.0.0.1')
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
