import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

/**
 * Serves HTTP, prints the port, and prints the measurements when they are requested.
 *
 * @param {() => Record<string, number[]>} measured
 */
export async function serve(measured) {
  const server = createServer((_, response) => response.end('here'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  console.log(JSON.stringify(server.address()))
  createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify(measured())))
}

/** @type {import('../latency.js').Size} */
export const size = JSON.parse(process.argv[2] ?? '{}')
