// Starts a process, prints its pid, and ends in the way the argument says, without waiting for it.

import { type Coroutine, run, sleep } from 'spindle'
import { createSubprocessExec } from 'spindle/node'

function* main(): Coroutine<void> {
  const child = yield* createSubprocessExec('sleep', ['60'])
  console.log(child.pid)
  if (process.argv[2] === 'exit') process.exit(3)
  if (process.argv[2] === 'uncaught') {
    setImmediate(() => {
      throw new Error('uncaught')
    })
    yield* sleep(1000)
  }
}
await run(main())
