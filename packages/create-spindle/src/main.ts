#!/usr/bin/env node
// `npm create spindle@latest my-app -- --template server`.

import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { isCancel, select, text } from '@clack/prompts'
import { createProject } from './create-project.ts'
import { printable } from './printable.ts'
import { TEMPLATES } from './templates.ts'

const NAMES = Object.keys(TEMPLATES)
const USAGE = `npm create spindle@latest <folder> -- --template <${NAMES.join('|')}> [--from <folder of tarballs>]`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { template: { type: 'string' }, from: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) console.log(`Creates a project with Spindle in a new folder.\n\n${USAGE}`)
  else if (positionals.length > 1) throw new Error(`name one folder for the project: ${USAGE}`)
  else create(await folderOf(positionals[0]), await templateOf(values.template), values.from)
} catch (error) {
  console.error(`create-spindle: ${printable(error instanceof Error ? error.message : String(error))}`)
  process.exitCode = 1
}

async function folderOf(given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  if (!isInteractive()) throw new Error(`name one folder for the project: ${USAGE}`)
  return answered(await text({ message: 'In which folder?', placeholder: 'my-app', defaultValue: 'my-app' }))
}

async function templateOf(given: string | undefined): Promise<string | undefined> {
  if (given !== undefined || !isInteractive()) return given
  const options = NAMES.map((value) => ({ value, label: TEMPLATES[value]?.label ?? value }))
  return answered(await select({ message: 'What shall it be?', options }))
}

function isInteractive(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY
}

function answered(answer: string | symbol): string {
  if (isCancel(answer) || typeof answer === 'symbol') throw new Error('nothing was created')
  return answer
}

function create(folder: string, template: string | undefined, from: string | undefined): void {
  const files = createProject(folder, { template, from })
  console.log(`${files.map((file) => `  ${printable(file)}`).join('\n')}\n\nNow run:`)
  if (relative('.', folder) !== '') console.log(`  cd ${quoted(printable(folder))}`)
  console.log('  npm install\n  npm test\n\nIts README.md has the other commands.')
}

function quoted(folder: string): string {
  return /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`
}
