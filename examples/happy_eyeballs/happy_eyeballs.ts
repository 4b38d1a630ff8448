// Connects to the first address that answers, and gives the others up (RFC 8305). Look at: connectToFirst(). An attempt
// begins when the one before it has failed, or has taken too long; the first that succeeds cancels all others, and none
// of them is left after any().
// Run: npx tsx examples/happy_eyeballs/happy_eyeballs.ts     or with a host and a port: … example.org 80
// Prints: which addresses it tries, and to which it is connected     Next: ../crawler/crawler.ts
import { type LookupAddress, lookup } from 'node:dns'
import { any, type Coroutine, Event, moveOnAfter, rethrowIfCancelled } from 'spindle'
import { callBack } from 'spindle/more'
import { openConnection, runMain, type StreamWriter, startServer } from 'spindle/node'

const HEAD_START = 250 // ms; what the RFC recommends

function* connectToFirst(addresses: readonly string[], port: number): Coroutine<StreamWriter> {
  const failed = addresses.map(() => new Event())

  function* attempt(address: string, n: number): Coroutine<StreamWriter> {
    for (const earlier of failed.slice(0, n)) yield* moveOnAfter(HEAD_START, () => earlier.wait())
    console.log(`trying ${address}`)
    try {
      const [, writer] = yield* openConnection(address, port)
      return writer
    } catch (error) {
      rethrowIfCancelled(error)
      console.log(`${address} does not answer: ${(error as NodeJS.ErrnoException).code}`)
      failed[n]?.set()
      throw error
    }
  }

  // Two may succeed in the same moment: the second is released.
  return yield* any(addresses.map(attempt), { release: (writer) => writer.abort() })
}

/** The addresses of a host: one of each family in turn, as one of the two may not work at all. */
function* addressesOf(host: string): Coroutine<string[]> {
  const found = yield* callBack<LookupAddress[]>((callback) => lookup(host, { all: true }, callback))
  const [six, four] = [6, 4].map((family) => found.filter((one) => one.family === family))
  return found.flatMap((_, n) => [six?.[n], four?.[n]]).flatMap((one) => one?.address ?? [])
}

function* main(host: string | undefined, port: number): Coroutine<void> {
  // Without a host: a server here, and before it an address that is reserved for documentation, so that nobody has it.
  const server = host === undefined ? yield* startServer(() => {}, '127.0.0.1') : undefined
  const addresses = host === undefined ? ['192.0.2.1', '127.0.0.1'] : yield* addressesOf(host)
  const writer = yield* connectToFirst(addresses, server?.port ?? port)
  console.log(`connected to ${writer.getExtraInfo('peerName')?.[0]}`)
  writer.close()
  server?.close()
}

await runMain(main(process.argv[2], Number(process.argv[3] ?? 80)))
