#!/usr/bin/env node
// `npm create spindle my-app`.

import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { createProject } from './create-project.ts'

const USAGE = 'npm create spindle <folder> [-- --from <folder of tarballs>]'

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { from: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const [folder] = positionals
  if (values.help) console.log(`Creates a project with Spindle in a new folder.\n\n${USAGE}`)
  else if (folder === undefined || positionals.length > 1) throw new Error(`name one folder for the project: ${USAGE}`)
  else create(folder, values.from)
} catch (error) {
  console.error(`create-spindle: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

function create(folder: string, from: string | undefined): void {
  const files = createProject(folder, { from })
  console.log(`${files.map((file) => `  ${file}`).join('\n')}\n\nNow run:`)
  if (relative('.', folder) !== '') console.log(`  cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder}'`}`)
  console.log('  npm install\n  npm start')
}
