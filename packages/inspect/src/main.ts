#!/usr/bin/env node
// `npx spindle`: see USAGE.

import { runCommand, USAGE, UsageError } from './commands/run-command.ts'

try {
  // Only the prompt needs a parser.
  if (process.argv.length === 2) await (await import('./prompt/prompt.ts')).prompt()
  else
    await runCommand(process.argv.slice(2), {
      write: (text) => void process.stdout.write(text),
      isTerminal: process.stdout.isTTY === true,
    })
} catch (error) {
  const usage = error instanceof UsageError ? `\n\n${USAGE.trimEnd()}` : ''
  console.error(`spindle: ${(error as Error).message}${usage}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
