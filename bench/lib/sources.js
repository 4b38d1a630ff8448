// Where the programs get what they await, the same for all of them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

/** @param {number} count */
export async function* numbers(count) {
  for (let number = 0; number < count; number++) yield number
}

/** The body of a response, with a token in each chunk, as language models send them. @param {number} count */
export function tokens(count) {
  const encoder = new TextEncoder()
  let token = 0
  const source = new ReadableStream({
    pull(controller) {
      if (token === count) controller.close()
      else controller.enqueue(encoder.encode(`data: ${token++}\n\n`))
    },
  })
  return /** @type {NonNullable<Response['body']>} */ (new Response(source).body)
}

const decoder = new TextDecoder()

/** @param {Uint8Array} chunk */
export function tokenIn(chunk) {
  return Number(decoder.decode(chunk, { stream: true }).slice('data: '.length))
}

/** Stands for a database: the answer arrives in a later turn of the host. */
export const query = () => new Promise((resolve) => setImmediate(resolve, 'answer'))

const CLIENT = fileURLToPath(new URL('http-client.js', import.meta.url))

/**
 * Has a listener answer so many requests, each with a store of its own.
 *
 * @param {import('node:http').RequestListener} listener
 * @param {number} count
 */
export async function serve(listener, count) {
  const { AsyncLocalStorage } = await import('node:async_hooks') // most programs use none, and here only `handler` does
  const store = new AsyncLocalStorage()
  const server = createServer((request, response) => store.run({ request }, () => listener(request, response)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const client = spawn(process.execPath, [CLIENT, `${port}`, `${count}`], { stdio: 'inherit' })
  const [code] = await once(client, 'exit')
  if (code !== 0) throw new Error('the client failed')
  await new Promise((resolve) => server.close(resolve))
}
