// A chat: all other clients receive what one client writes. Look at: each client has its own queue, so that a client
// that does not read does not delay the others; and the `finally` of main(), which says goodbye to each client before
// the end.
// Run: npx tsx examples/chat/chat_server.ts     and then, as often as you like: nc 127.0.0.1 8889
// Prints: where it serves, who comes and goes, and at Ctrl-C or SIGTERM that it is closed
// Next: ../happy_eyeballs/happy_eyeballs.ts
import {
  type Coroutine,
  Event,
  forEach,
  moveOnAfter,
  Queue,
  QueueFull,
  rethrowIfCancelled,
  sleep,
  taskGroup,
  uncancellable,
} from 'spindle'
import { runMain, type StreamReader, type StreamWriter, startServer } from 'spindle/node'

interface Client {
  readonly name: string
  readonly outgoing: Queue<string>
  readonly writer: StreamWriter
}

const clients = new Set<Client>()

/** Does not wait: a client that is more than a hundred messages behind is disconnected. */
function tell(client: Client, message: string): void {
  try {
    client.outgoing.putNowait(message)
  } catch (error) {
    if (!(error instanceof QueueFull)) return // shut down: it is leaving
    console.log(`${client.name} does not read, and is put out`)
    client.writer.abort()
  }
}

function tellOthers(from: Client, message: string): void {
  for (const client of clients) if (client !== from) tell(client, message)
}

function* receive(client: Client, reader: StreamReader): Coroutine<void> {
  yield* forEach(reader, function* (line) {
    tellOthers(client, `${client.name}: ${printable(String(line).trim())}`)
    yield* sleep(0) // one line, then the others have a turn
  })
  client.outgoing.shutdown()
}

/** Runs until the queue is shut down and everything in it is sent. */
function* send(client: Client): Coroutine<void> {
  yield* forEach(client.outgoing, function* (message) {
    client.writer.write(`${message}\r\n`)
    yield* client.writer.drain() // here a slow client waits, alone
  })
}

/** Messages of a client must not control the terminals of others, or forge a line of the log. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}').slice(0, 200)
}

/** Undefined if the client leaves, or does not send a line. */
function* askName(reader: StreamReader, writer: StreamWriter): Coroutine<string> {
  writer.write('Your name?\r\n')
  try {
    return printable(String(yield* reader.readLine()).trim())
  } catch (error) {
    rethrowIfCancelled(error)
    return ''
  }
}

function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  const name = yield* askName(reader, writer)
  if (name === '') return
  const client = { name, outgoing: new Queue<string>(100), writer }
  clients.add(client)
  console.log(`${name} has come`)
  tellOthers(client, `* ${name} has come`)
  try {
    yield* taskGroup(function* (group) {
      group.createTask(receive(client, reader))
      yield* send(client)
      group.cancel() // receives nothing more
    })
  } catch (error) {
    rethrowIfCancelled(error)
    console.log(`the connection of ${name} is lost`)
  } finally {
    clients.delete(client)
    console.log(`${name} has gone`)
    tellOthers(client, `* ${name} has gone`)
  }
}

function* main(port: number): Coroutine<void> {
  const server = yield* startServer(serve, '127.0.0.1', port)
  console.log(`Serving on 127.0.0.1:${server.port}`)
  try {
    yield* new Event().wait() // never set: waits until this is cancelled
  } finally {
    server.close()
    for (const client of clients) {
      tell(client, '* goodbye')
      client.outgoing.shutdown()
    }
    yield* uncancellable(() => moveOnAfter(1000, () => server.waitClosed()))
    server.abortClients() // clients that have not read the goodbye by now
    console.log('Closed')
  }
}

await runMain(main(Number(process.argv[2] ?? 8889)))
