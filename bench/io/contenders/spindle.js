// Spindle's streams, from the packages as users install them.

import { spindleEntry, spindleNodeEntry } from '../../harness/spindle-entries.js'

/** @type {typeof import('spindle')} */
const { run } = await import(spindleEntry)
/** @type {typeof import('spindle/node')} */
const { startServer } = await import(spindleNodeEntry)

export function serve() {
  return new Promise((resolve) => run(main(resolve)))
}

/**
 * @param {(address: unknown) => void} listening
 * @returns {import('spindle').Coroutine<void>}
 */
function* main(listening) {
  const server = yield* startServer(echo, '127.0.0.1', 0, { backlog: 4096 })
  listening(server.address())
  yield* server.serveForever()
}

/**
 * @param {import('spindle/node').StreamReader} reader
 * @param {import('spindle/node').StreamWriter} writer
 * @returns {import('spindle').Coroutine<void>}
 */
function* echo(reader, writer) {
  for (;;) {
    const data = yield* reader.read(65_536)
    if (data.length === 0) return
    writer.write(data)
    yield* writer.drain()
  }
}
