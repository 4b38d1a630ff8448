// Plain `node:net`: callbacks.

import { createServer } from 'node:net'

export function serve() {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk) => {
      if (!socket.write(chunk)) socket.pause()
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(server.address())))
}
