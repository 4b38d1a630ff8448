// A command that starts others, stopped. Look at: runProcess(), which is over when the last of them has ended; in plain
// TypeScript the signal ends the shell alone, and its children go on.
// Recipe for programs: to end all that they have started
// Write: `runProcess`, `subprocess`
// Run: npx tsx examples/with-packages/processes.ts     with --stops 1000, for example
// Prints: what the command has said, and what stops at random moments leave     Next: openai.ts
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Coroutine } from 'spindle'
import { runMain, runProcess } from 'spindle/node'
import { stopped } from '../support/stopped.ts'

const COMMAND = 'sleep 0.2 & sleep 0.2 & wait; echo built'

function* build(): Coroutine<string> {
  const { stdout } = yield* runProcess(['sh', '-c', COMMAND], { capture: true, check: true, encoding: 'utf8' })
  return stdout.trim()
}

/** In plain TypeScript. */
async function buildPlain(signal: AbortSignal): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', COMMAND], { signal })
  return stdout.trim()
}

await runMain(stopped({ spindle: build, plain: buildPlain })) // processes are counted by the table of the system
