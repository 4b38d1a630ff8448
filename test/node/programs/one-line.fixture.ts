// Reads a line from its input, and has no use for more.

import { type Coroutine, run } from 'spindle'
import { StreamReader } from 'spindle/node'

function* main(): Coroutine<void> {
  const line = yield* StreamReader.from(process.stdin).readLine()
  console.log(`read ${String(line).trim()}`)
}
await run(main())
