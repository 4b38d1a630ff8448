// A program that uses a library made of coroutines, from plain code and from inside a coroutine. Look at: the calls in
// convert(), where a cancellation reaches into the library, which cleans up before the program continues.
// Run: npx tsx examples/library/main.ts
// Prints: what is in main.out     Next: ../../docs/how-to/libraries.md
import { type Coroutine, call, gather, run, TimeoutError, timeout } from 'spindle'
import { closeHostLoop } from 'spindle/more'
import { freshRate, rate, statistics } from './rates.ts'

// Promises only: ten calls, two currencies, two requests.
const rates = await Promise.all(Array.from({ length: 10 }, (_, n) => rate(n % 2 === 0 ? 'USD' : 'JPY')))
console.log('plain:', rates.slice(0, 2), statistics)

// A signal, as everywhere on the web.
const client = new AbortController()
const abandoned = freshRate('USD', { signal: client.signal })
client.abort(new Error('the client has left'))
await abandoned.catch((error) => console.log('aborted:', error.message, statistics))

// An error arrives once, where the promise is awaited, and the next call tries again.
for (const currency of ['XXX', 'XXX']) await rate(currency).catch((error) => console.log('failed:', error.message))

function* convert(euros: number, currency: string): Coroutine<number> {
  return euros * (yield* call((signal) => freshRate(currency, { signal })))
}

function* main(): Coroutine<void> {
  console.log('coroutine:', yield* gather([convert(2, 'USD'), convert(3, 'JPY'), convert(4, 'EUR')]))
  try {
    yield* timeout(1, () => convert(1, 'USD'))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log('timed out, with nothing open:', statistics.open)
  }
}

await run(main())
await closeHostLoop() // nothing of the library is left
