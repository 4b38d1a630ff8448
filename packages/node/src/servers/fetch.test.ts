import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { inspect } from 'node:util'
import { type Coroutine, TimeoutError } from '@spindle/loop'
import { createTask, run, sleep, timeout } from '@spindle/task'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from '../outcome.fixture.ts'
import { fetchText } from './fetch.ts'

const sockets = new Set<Socket>()
const server: Server = createServer((request, response) => {
  if (request.url === '/stalls') response.writeHead(200, { 'content-length': '100' }).write('half')
  else if (request.url === '/endless') {
    response.writeHead(200)
    response.on('drain', () => response.write(Buffer.alloc(100_000)))
    response.write(Buffer.alloc(100_000))
  } else if (request.url?.startsWith('/missing')) response.writeHead(404).end('no such page')
  else response.end('größe')
})
server.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})
let base: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Until no connection is open; the test's time limit tells of one that stays. */
function* allClosed(): Coroutine<string> {
  while (sockets.size > 0) yield* sleep(5)
  return 'all closed'
}

describe('fetchText', () => {
  it('end at the timeout when a server stalls in the middle of the body, and close the socket', async () => {
    function* main(): Coroutine<unknown[]> {
      const error = yield* outcome(timeout(100, () => fetchText(`${base}/stalls`)))
      return [error instanceof TimeoutError ? 'TimeoutError' : error, yield* allClosed()]
    }
    expect(await run(main())).toEqual(['TimeoutError', 'all closed'])
  })

  it('end when their Task is cancelled', async () => {
    function* main(): Coroutine<unknown[]> {
      const task = createTask(fetchText(`${base}/stalls`))
      while (sockets.size === 0) yield* sleep(5)
      task.cancel()
      return [String(yield* outcome(task)), yield* allClosed()]
    }
    expect(await run(main())).toEqual(['CancelledError', 'all closed'])
  })

  it('return the body, and throw without secrets if the status is not 2xx or the body is too large', async () => {
    function* main(): Coroutine<unknown[]> {
      const missing = (yield* outcome(fetchText(`${base}/missing?token=secret`))) as Error & { status: number }
      const large = (yield* outcome(fetchText(`${base}/endless`, { maxBytes: 500_000 }))) as Error
      return [
        yield* fetchText(`${base}/text`),
        { message: missing.message.replace(base, ''), status: missing.status },
        large.message.replace(base, ''),
      ]
    }
    expect(await run(main())).toEqual([
      'größe',
      { message: '/missing: 404 Not Found', status: 404 },
      'the body of /endless is larger than maxBytes, 500000 bytes',
    ])
  })

  it.each(['http://u:secret@127.0.0.1:1/a?b=secret', 'http://u:secret@[', '/a?b=secret', 'ftp://u:secret@host/'])(
    'refuse %s, and print no secret of it',
    (url) => {
      let error: unknown
      try {
        fetchText(url)
      } catch (thrown) {
        error = thrown
      }
      expect({
        error: String(error),
        isType: error instanceof TypeError,
        all: inspect(error).includes('secret'),
      }).toEqual({
        error: expect.stringMatching(/^TypeError: (?!.*secret)/),
        isType: true,
        all: false,
      })
    },
  )
})
