// A TCP server that sends back what it receives, as in asyncio's documentation. Look at: echo(), which is written as if
// there were one client; and the `finally` of main(). There is `yield* server.serveForever()`, too, which waits until
// the last client has gone by itself. Run: npx tsx examples/echo/echo_server.ts
// Prints: where it serves, what it gets, and at Ctrl-C or SIGTERM that it is closed     Next: echo_client.ts
import { type Coroutine, Event, uncancellable } from 'spindle'
import { runMain, type StreamReader, type StreamWriter, startServer } from 'spindle/node'

function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  const from = writer.getExtraInfo('peerName')?.join(':')
  for (;;) {
    const data = yield* reader.read(65_536) // what is there; nothing at the end
    if (data.length === 0) break
    console.log(`Received ${printable(String(data))} from ${from}`)
    writer.write(data)
    yield* writer.drain() // waits as long as the client does not read: a slow one takes no memory
  }
  console.log(`Closing the connection of ${from}`)
}

/** A client must not control the terminal, or forge a line. */
function printable(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

function* main(port: number): Coroutine<void> {
  const server = yield* startServer(echo, '127.0.0.1', port)
  console.log(`Serving on 127.0.0.1:${server.port}`)
  try {
    yield* new Event().wait() // never set: waits until this is cancelled
  } finally {
    server.close()
    server.closeClients() // including clients that have been silent for hours
    yield* uncancellable(() => server.waitClosed())
    console.log('Closed')
  }
}

await runMain(main(Number(process.argv[2] ?? 8888)))
