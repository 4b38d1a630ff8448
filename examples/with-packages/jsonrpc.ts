// A language server that completes what is typed: each key cancels the request before it. Look at: request(), where a
// stop becomes $/cancelRequest, and which returns when the server has answered that it stopped.
// Run: npx tsx examples/with-packages/jsonrpc.ts     with --stops 1000, for example
// Prints: the last completion, and what stops at random moments leave     Next: bullmq.ts
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type Coroutine, call, sleep, type Task, taskGroup } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { type CancellationToken, CancellationTokenSource, createMessageConnection } from 'vscode-jsonrpc/node'
import { stopped } from '../support/stopped.ts'

const there = new PassThrough()
const back = new PassThrough()
const server = createMessageConnection(there, back)
const client = createMessageConnection(back, there)

let computing = 0
const complete = asyncFunction('host', function* (text: string, _token: CancellationToken) {
  computing++
  try {
    yield* sleep(10)
    return `${text}le`
  } finally {
    computing--
  }
})
server.onRequest('complete', complete)
server.listen()
client.listen()

function request(text: string): Coroutine<string> {
  return call((signal) => {
    const source = new CancellationTokenSource()
    signal.addEventListener('abort', () => source.cancel(), { once: true })
    return client.sendRequest('complete', text, source.token)
  })
}

function* type(text: string): Coroutine<string | undefined> {
  return yield* taskGroup(function* (group) {
    let latest: Task<string> | undefined
    for (let length = 1; length <= text.length; length++) {
      latest?.cancel('another key')
      latest = group.createTask(request(text.slice(0, length)))
      yield* sleep(3) // the next key
    }
    return latest && (yield* latest)
  })
}

/** In plain TypeScript. */
async function typePlain(text: string, signal: AbortSignal): Promise<string | undefined> {
  let source = new CancellationTokenSource()
  let latest: Promise<string> | undefined
  signal.addEventListener('abort', () => source.cancel(), { once: true })
  for (let length = 1; length <= text.length && !signal.aborted; length++) {
    source.cancel()
    source = new CancellationTokenSource()
    latest = client.sendRequest('complete', text.slice(0, length), source.token)
    latest.catch(() => {})
    await pause(3)
  }
  signal.throwIfAborted()
  return await latest
}

await runMain(
  stopped({
    spindle: () => type('spind'),
    plain: (signal) => typePlain('spind', signal),
    held: () => computing,
  }),
)
client.dispose()
server.dispose()
