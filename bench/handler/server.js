// One server of `pnpm bench handler`. It prints its port. For each line that it reads, it prints how much CPU it has
// used and how many requests it has served.

import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { spindleEntry, spindleNodeEntry } from '../harness/spindle-entries.js'

const store = new AsyncLocalStorage()
let served = 0

/** Stands for a database: the answer arrives in a later turn of the host. */
const query = () => new Promise((resolve) => setImmediate(resolve, 'answer'))

/** @typedef {import('node:http').RequestListener} Listener */
/** @type {Record<string, () => Listener | Promise<Listener>>} */
const CONTENDERS = {
  async: () => asyncHandler,
  'async, stores': () => withStore(asyncHandler),
  spindle: coroutineHandler,
  'spindle, stores': async () => withStore(await coroutineHandler()),
}

/** @type {Listener} */
async function asyncHandler(_request, response) {
  const first = await query()
  await query()
  served++
  response.end(first)
}

/** @returns {Promise<Listener>} */
async function coroutineHandler() {
  const { ensureFuture } = await import(spindleEntry)
  const { handler } = await import(spindleNodeEntry)
  return handler(
    /** @param {unknown} _request @param {import('node:http').ServerResponse} response */
    function* (_request, response) {
      const first = yield* ensureFuture(query())
      yield* ensureFuture(query())
      served++
      response.end(first)
    },
  )
}

/** @param {Listener} listener @returns {Listener} */
function withStore(listener) {
  return (request, response) => store.run({ request }, () => listener(request, response))
}

const name = process.argv[2] ?? ''
const listener = await CONTENDERS[name]?.()
if (listener === undefined) throw new Error(`which contender? one of ${Object.keys(CONTENDERS).join(', ')}`)
const server = createServer(listener).listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : address)
})
const lines = createInterface({ input: process.stdin })
lines.on('line', () => {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ cpu: user + system, served, memory: process.memoryUsage().heapUsed }))
})
lines.on('close', () => process.exit())
