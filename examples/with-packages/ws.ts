// A connection of ws, both ends in coroutines. Look at: connection(), which is closed when its block ends, after the
// other end has answered; and serve(), a Task of the host loop, which ends when its client leaves.
// Recipe for ws: the closing handshake
// Write: `resource(connect, close, block)`, with `once(socket, 'close')` in the release
// Run: npx tsx examples/with-packages/ws.ts     with --stops 1000, for example
// Prints: what came back, and what stops at random moments leave     Next: ioredis.ts
import { once as onceEmitted } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Awaitable, type Coroutine, events, forEach, getHostLoop, once, resource, sleep } from 'spindle'
import { runMain } from 'spindle/node'
import { WebSocket, WebSocketServer } from 'ws'
import { stopped } from '../support/stopped.ts'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
await onceEmitted(server, 'listening')
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`

let serving = 0
server.on('connection', (socket) => void getHostLoop().createTask(serve(socket)))

/** Counts for each client, slowly. */
function* serve(socket: WebSocket): Coroutine<void> {
  serving++
  try {
    yield* forEach(events<[Buffer]>(socket, 'message', { end: 'close' }), function* ([text]) {
      yield* sleep(2)
      socket.send(`${Number(text) + 1}`)
    })
  } finally {
    serving--
    socket.terminate()
  }
}

function connection<T>(use: (socket: WebSocket) => Awaitable<T>): Coroutine<T> {
  return resource(
    function* () {
      const socket = new WebSocket(url)
      yield* once(socket, 'open')
      return socket
    },
    function* (socket) {
      if (socket.readyState === WebSocket.CLOSED) return
      socket.close()
      yield* once(socket, 'close')
    },
    use,
    { graceTime: 1000 },
  )
}

function* count(): Coroutine<number> {
  return yield* connection(function* (socket) {
    let n = 0
    socket.send('0')
    yield* forEach(events<[Buffer]>(socket, 'message', { end: 'close' }), function* ([text]) {
      n = Number(text)
      if (n < 5) socket.send(text)
      return n < 5
    })
    return n
  })
}

/** In plain TypeScript: the client's end. */
function countPlain(signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const stop = (): void => {
      reject(signal.reason)
      socket.close()
    }
    signal.addEventListener('abort', stop, { once: true })
    socket.on('error', reject)
    socket.on('open', () => socket.send('0'))
    socket.on('message', (text: Buffer) => {
      if (Number(text) < 5) return socket.send(text)
      signal.removeEventListener('abort', stop)
      socket.close()
      resolve(Number(text))
    })
  })
}

await runMain(stopped({ spindle: count, plain: countPlain, held: () => serving + server.clients.size }))
server.close()
