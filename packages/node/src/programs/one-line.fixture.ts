// Reads a line from its input, and has no use for more.

import type { Coroutine } from '@spindle/loop'
import { run } from '@spindle/task'
import { StreamReader } from '../stream-reader.ts'

function* main(): Coroutine<void> {
  const line = yield* StreamReader.from(process.stdin).readLine()
  console.log(`read ${String(line).trim()}`)
}
await run(main())
