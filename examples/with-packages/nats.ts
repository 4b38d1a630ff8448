// Requests over NATS, and a subscription that answers them. Look at: subscribe(), which ends the iteration at a stop;
// request(), whose answer comes to an inbox, so that a stop need not wait for it; and answering(), which continues when
// the server has heard of it.
// Recipe for nats: to unsubscribe, which alone ends the iteration, of requests and of the inbox of an answer
// Write: `forEach((signal) => …, block)` that unsubscribes on the signal; `createInbox()` instead of `request()`
// Run: npx tsx examples/with-packages/nats.ts     with --stops 1000, for example; apt-get install nats-server
// Prints: answers, and what stops at random moments leave     Next: amqplib.ts
import { connect, createInbox, type Subscription } from 'nats'
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
    yield* forEach(
      (signal) => subscribe('double', signal),
      function* (message) {
        yield* sleep(2)
        message.respond(`${2 * Number(message.string())}`)
      },
    )
  } finally {
    yield* uncancellable(() => call(() => connection.flush())) // the server has heard of it
    open--
  }
}

/** The iterator of a subscription has no end of its own: to unsubscribe ends it. */
function subscribe(subject: string, signal: AbortSignal): Subscription {
  const subscription = connection.subscribe(subject)
  signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true })
  return subscription
}

/** What `connection.request()` does, which cannot be stopped. */
function* request(n: number): Coroutine<string> {
  const reply = createInbox()
  let answer = ''
  const ask = (signal: AbortSignal): Subscription => {
    const answers = subscribe(reply, signal)
    connection.publish('double', `${n}`, { reply })
    return answers
  }
  yield* forEach(ask, function* (message) {
    answer = message.string()
    return false
  })
  return answer
}

function* doubled(): Coroutine<string> {
  return yield* taskGroup(function* (group) {
    const answers = group.createTask(answering())
    yield* sleep(0) // it has subscribed: the server receives both in this order
    const results: string[] = []
    for (const n of [1, 2, 3]) results.push(yield* request(n))
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
