// The client of echo_server.ts, which has to run. Look at: each `yield*` is a place where this could be cancelled, and
// the socket closed. Run: npx tsx examples/echo/echo_client.ts
// Prints: what it sends and what comes back     Next: ../chat/chat_server.ts
import { type Coroutine, timeout } from 'spindle'
import { openConnection, runMain } from 'spindle/node'

function* main(port: number, message: string): Coroutine<void> {
  const [reader, writer] = yield* timeout(5000, () => openConnection('127.0.0.1', port))

  console.log(`Send: ${JSON.stringify(message)}`)
  writer.write(message)
  writer.writeEof() // that was all; reading goes on
  const answer = yield* reader.read()
  console.log(`Received: ${JSON.stringify(String(answer))}`)

  console.log('Close the connection')
  writer.close()
  yield* writer.waitClosed()
}

await runMain(main(Number(process.argv[2] ?? 8888), process.argv[3] ?? 'Hello World!'))
