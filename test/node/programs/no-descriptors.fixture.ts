// Starts a program when no file descriptor is left. Run with a low limit: sh -c 'ulimit -n 64; node …'
import { openSync } from 'node:fs'
import { type Coroutine, run } from 'spindle'
import { createSubprocessExec } from 'spindle/node'

function* main(): Coroutine<string> {
  const first = yield* createSubprocessExec('true', [], { stdin: 'pipe', stdout: 'pipe' }) // loads the required modules
  yield* first.wait()
  try {
    for (;;) openSync('/dev/null', 'r')
  } catch {
    // None is left.
  }
  try {
    yield* createSubprocessExec('true', [], { stdin: 'pipe', stdout: 'pipe' })
    return 'started'
  } catch (error) {
    return `caught ${(error as { code?: string }).code}`
  }
}

console.log(await run(main()))
process.exit()
