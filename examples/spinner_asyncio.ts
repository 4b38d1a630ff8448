// A spinner turns as a Task of its own while a slow call is awaited. Look at: cancel() in supervisor(), and where
// spin() notices it. The Lab draws both spinners on one scale: apps/lab/task-thread.html, or `npm run lab`.
// Run: npx tsx examples/spinner_asyncio.ts     Prints: "Answer: 42" after 3 s     Next: spinner_thread.ts
import { stdout } from 'node:process'
import { CancelledError, type Coroutine, ensureFuture, run, sleep } from 'spindle'

export function* spin(message: string): Coroutine<void> {
  let status = ''
  for (let i = 0; ; i++) {
    status = `${'|/-\\'[i % 4]} ${message}`
    stdout.write(status + '\b'.repeat(status.length))
    try {
      yield* sleep(100)
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
      break
    }
  }
  stdout.write(' '.repeat(status.length) + '\b'.repeat(status.length))
}

function* slowFunction(): Coroutine<number> {
  yield* sleep(3000) // pretend to wait a long time for I/O
  return 42
}

function* supervisor(): Coroutine<number> {
  const spinner = ensureFuture(spin('thinking!'))
  console.log(`spinner object: ${spinner}`)
  const result = yield* slowFunction()
  spinner.cancel()
  return result
}

async function main(): Promise<void> {
  const result = await run(supervisor())
  console.log(`Answer: ${result}`)
}

await main()
