#!/usr/bin/env node
// `npx spindle`: see USAGE.

import { runCommand, USAGE, UsageError } from './commands/run-command.ts'

try {
  await runCommand(process.argv.slice(2), {
    write: (text) => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY === true,
  })
} catch (error) {
  const usage = error instanceof UsageError ? `\n\n${USAGE.trimEnd()}` : ''
  console.error(`spindle: ${(error as Error).message}${usage}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
