// `node http-client.js <port> <count>` sends requests over 64 connections, one after another on each, until so many are
// answered. A process of its own, so that its time is not counted.

import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number)
let asked = 0
let answered = 0

for (let n = 0; n < 64; n++) {
  const socket = connect({ port: port ?? 0, host: '127.0.0.1' })
  let text = ''
  const ask = () => asked++ < (count ?? 0) && socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
    if (!text.endsWith('\r\n\r\nanswer')) return
    text = ''
    if (++answered === count) process.exit()
    ask()
  })
  ask()
}
