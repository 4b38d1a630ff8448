// Requests over NATS, and a subscription that answers them. Look at: subscribe(), which ends the iteration
// at a stop; and answering(), which continues when the server has heard of it.
// Recipe for nats: to unsubscribe, which alone ends the iteration; a request cannot be cancelled
// Write: `forEach((signal) => …, block)` that unsubscribes on the signal; a `timeout` for requests
// Run: npx tsx examples/with-packages/nats.ts     with --stops 1000, for example; apt-get install nats-server
// Prints: answers, and what stops at random moments leave     Next: amqplib.ts
import { connect, type Msg, type Subscription } from 'nats'
import { type Coroutine, call, forEach, sleep, taskGroup, uncancellable } from 'spindle'
import { runMain } from 'spindle/node'
import { ownServer } from '../support/own_server.ts'
import { stopped } from '../support/stopped.ts'

const server = await ownServer('nats-server', ['-a', '127.0.0.1', '-p', '-1'], /client connections on \S+:(\d+)/)
const connection = await connect({ port: server.port })
let open = 0

function* answering(): Coroutine<void> {
  open++
  try {
    yield* forEach(subscribe, function* (message) {
      yield* sleep(2)
      message.respond(`${2 * Number(message.string())}`)
    })
  } finally {
    yield* uncancellable(() => call(() => connection.flush())) // the server has heard of it
    open--
  }
}

/** The iterator of a subscription has no end of its own: to unsubscribe ends it. */
function subscribe(signal: AbortSignal): Subscription {
  const subscription = connection.subscribe('double')
  signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true })
  return subscription
}

/** A request cannot be cancelled: a stop waits for the answer, or until it times out. */
const request = (n: number): Coroutine<Msg> => call(() => connection.request('double', `${n}`, { timeout: 100 }))

function* doubled(): Coroutine<string> {
  return yield* taskGroup(function* (group) {
    const answers = group.createTask(answering())
    const results: string[] = []
    yield* sleep(5)
    for (const n of [1, 2, 3]) results.push((yield* request(n)).string())
    answers.cancel()
    return results.join(' ')
  })
}

/** In plain TypeScript: a subscription takes no signal. */
async function doubledPlain(signal: AbortSignal): Promise<string> {
  open++
  const subscription = connection.subscribe('double')
  const answer = async (): Promise<void> => {
    for await (const message of subscription) message.respond(`${2 * Number(message.string())}`)
  }
  try {
    const answers = answer()
    const results: string[] = []
    for (const n of [1, 2, 3]) {
      signal.throwIfAborted()
      results.push((await connection.request('double', `${n}`)).string())
    }
    subscription.unsubscribe()
    await answers
    return results.join(' ')
  } finally {
    subscription.unsubscribe()
    open--
  }
}

await runMain(stopped({ spindle: doubled, plain: doubledPlain, held: () => open }))
await connection.close()
await server.end()
