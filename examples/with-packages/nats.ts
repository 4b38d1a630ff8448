// Requests over NATS, and a subscription that answers them. Look at: forEach(), which unsubscribes at a stop, and
// continues when the server has taken the subscription away.
// Run: npx tsx examples/with-packages/nats.ts     with --stops 1000, for example; apt-get install nats-server
// Prints: answers, and what stops at random moments leave     Next: amqplib.ts
import { connect, type Subscription } from 'nats'
import { type Coroutine, call, forEach, resource, sleep, taskGroup } from 'spindle'
import { ownServer } from '../support/own_server.ts'
import { stopped } from '../support/stopped.ts'

const server = await ownServer('nats-server', () => ['-a', '127.0.0.1', '-p', '-1'], /client connections on \S+:(\d+)/)
const connection = await connect({ port: server.port })
let open = 0

function* answering(): Coroutine<void> {
  yield* resource(
    function* () {
      open++
      const subscription = connection.subscribe('double')
      yield* call(() => connection.flush()) // the server knows of it
      return subscription
    },
    function* (subscription: Subscription) {
      subscription.unsubscribe()
      yield* call(() => connection.flush())
      open--
    },
    (subscription) =>
      forEach(subscription, function* (message) {
        yield* sleep(2)
        message.respond(`${2 * Number(message.string())}`)
      }),
  )
}

function* doubled(): Coroutine<string> {
  return yield* taskGroup(function* (group) {
    const answers = group.createTask(answering())
    const results: string[] = []
    yield* sleep(5)
    for (const n of [1, 2, 3]) results.push((yield* call(() => connection.request('double', `${n}`))).string())
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

await stopped({ spindle: doubled, plain: doubledPlain, held: () => open })
await connection.close()
await server.end()
