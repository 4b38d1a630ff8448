// The clients, the same for all servers: `node load.js <port> <connections>`. It prints a line when all are connected.
// Then, for each line `<ms> <requests>` on stdin, every connection sends a request as soon as the previous one is
// answered, until the time is over or the total number of requests is reached. After the last answer it prints the
// number of answers and the time. Each byte that comes back is compared with what was sent.

import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const SIZE = 128
const [, , port = '', connections = ''] = process.argv

// A request is a piece of this, from a different offset each time.
const text = Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * n * 31 + (n >> 3)) & 0xff))

let until = 0
let most = 0
let requests = 0
let waiting = 0
/** @type {() => void} */
let allAnswered = () => {}

const clients = await Promise.all(Array.from({ length: Number(connections) }, (_, n) => client(n)))
console.log('true')
for await (const line of createInterface({ input: process.stdin })) {
  const begun = performance.now()
  const [ms, count] = line.split(' ')
  until = begun + Number(ms)
  most = Number(count)
  requests = 0
  waiting = clients.length
  const answered = new Promise((resolve) => {
    allAnswered = () => resolve(undefined)
  })
  for (const ask of clients) ask()
  await answered
  console.log(JSON.stringify({ requests, ms: performance.now() - begun }))
}
process.exit() // the connections are open

/**
 * Opens a connection as cheaply as Node can: it reads into one reused buffer. Returns the function that sends the
 * first request.
 *
 * @param {number} n
 * @returns {Promise<() => void>}
 */
function client(n) {
  let at = (n * 127) % (text.length - SIZE)
  let got = 0
  const ask = () => {
    at = (at + 61) % (text.length - SIZE)
    got = 0
    socket.write(text.subarray(at, at + SIZE))
  }
  const onAnswer = (/** @type {number} */ length, /** @type {Buffer} */ answer) => {
    const end = at + got + length
    if (got + length > SIZE || text.compare(answer, 0, length, at + got, end) !== 0) throw new Error('another echo')
    got += length
    if (got < SIZE) return true
    requests++
    if (requests < most && performance.now() < until) ask()
    else if (--waiting === 0) allAnswered()
    return true
  }
  const onread = {
    buffer: Buffer.allocUnsafe(2 * SIZE),
    callback: (/** @type {number} */ length, /** @type {Uint8Array} */ into) =>
      onAnswer(length, /** @type {Buffer} */ (into)),
  }
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true, onread })
  socket.on('close', () => {
    throw new Error('a connection was closed')
  })
  return new Promise((resolve) => socket.on('connect', () => resolve(ask)))
}
