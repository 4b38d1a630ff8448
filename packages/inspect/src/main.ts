#!/usr/bin/env node
// `npx spindle`: see USAGE.

import { createInterface } from 'node:readline/promises'
import { runCommand, USAGE, UsageError } from './commands/run-command.ts'
import { printable } from './printable.ts'

// A reader that has seen enough, such as `head`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  // Only the prompt needs a parser.
  if (process.argv.length === 2) await (await import('./prompt/prompt.ts')).prompt()
  else
    await runCommand(process.argv.slice(2), {
      write: (text) => void process.stdout.write(text),
      isTerminal: process.stdout.isTTY === true,
      confirm,
    })
} catch (error) {
  const usage = error instanceof UsageError ? `\n\n${USAGE.trimEnd()}` : ''
  const message = (error as Error).message.split('\n').map(printable).join('\n')
  console.error(`spindle: ${message}${usage}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function confirm(question: string): Promise<boolean | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test(await terminal.question(question))
  } finally {
    terminal.close()
  }
}
