// `node:net` with async functions, written by hand.

import { once } from 'node:events'
import { createServer } from 'node:net'

export function serve() {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    echo(socket).catch(() => socket.destroy())
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(server.address())))
}

/** @param {import('node:net').Socket} socket */
async function echo(socket) {
  for await (const chunk of socket) {
    if (!socket.write(chunk)) await once(socket, 'drain')
  }
  socket.end()
}
