// A consumer of RabbitMQ that takes five messages. Look at: consuming(), which cancels the consumer in a release, so
// that a second stop does not skip it; and the counter of messages: none is lost, whenever it is stopped.
// Recipe for amqplib: to cancel the consumer and close the channel
// Write: `resource` for each of them; a `Queue` for the messages
// Run: npx tsx examples/with-packages/amqplib.ts     with --stops 100, for example; apt-get install rabbitmq-server
// Prints: what was taken, and what stops at random moments leave     Next: langgraph.ts
import { type Channel, type ConsumeMessage, connect } from 'amqplib'
import { type Coroutine, Queue, resource, sleep } from 'spindle'
import { runMain } from 'spindle/node'
import { startRabbitmq } from '../support/rabbitmq.ts'
import { stopped } from '../support/stopped.ts'

const server = await startRabbitmq()
const connection = await connect(server.url)
const admin = await connection.createChannel()
const QUEUE = 'jobs'

/** Passes a queue of messages to a block. What was delivered and not acknowledged goes back to the server. */
function consuming<T>(block: (messages: Queue<ConsumeMessage>, channel: Channel) => Coroutine<T>): Coroutine<T> {
  return resource(
    () => connection.createChannel(),
    (channel) => channel.close(),
    (channel) => {
      const messages = new Queue<ConsumeMessage>()
      return resource(
        () => channel.consume(QUEUE, (message) => message !== null && messages.putNowait(message)),
        ({ consumerTag }) => channel.cancel(consumerTag),
        () => block(messages, channel),
      )
    },
  )
}

function* takeFive(): Coroutine<string> {
  return yield* consuming(function* (messages, channel) {
    const taken: string[] = []
    while (taken.length < 5) {
      const message = yield* messages.get()
      yield* sleep(1) // the work
      taken.push(message.content.toString())
      channel.ack(message)
      admin.sendToQueue(QUEUE, Buffer.from('a job')) // for the next run
    }
    return taken.join(', ')
  })
}

/** In plain TypeScript. */
async function takeFivePlain(signal: AbortSignal): Promise<string> {
  const channel = await connection.createChannel()
  try {
    const taken: string[] = []
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      const take = (message: ConsumeMessage | null): void => {
        if (message === null || taken.length === 5) return
        taken.push(message.content.toString())
        channel.ack(message)
        admin.sendToQueue(QUEUE, Buffer.from('a job'))
        if (taken.length === 5) resolve(taken.join(', '))
      }
      channel.consume(QUEUE, take).catch(reject)
    })
  } finally {
    await channel.close()
  }
}

await admin.assertQueue(QUEUE)
for (let n = 0; n < 20; n++) admin.sendToQueue(QUEUE, Buffer.from('a job'))
/** Consumers, by the server. */
const held = async (): Promise<number> => (await admin.checkQueue(QUEUE)).consumerCount
await runMain(stopped({ spindle: takeFive, plain: takeFivePlain, held, processes: false }))
const { messageCount } = await admin.checkQueue(QUEUE)
console.log('messages:', messageCount)
await connection.close()
await server.end()
