// Reads one line from its input, and ignores the rest.

import { type Coroutine, run } from 'spindle'
import { StreamReader } from 'spindle/node'

function* main(): Coroutine<void> {
  const line = yield* StreamReader.from(process.stdin).readLine()
  console.log(`read ${String(line).trim()}`)
}
await run(main())
