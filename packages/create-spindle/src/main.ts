#!/usr/bin/env node
// `npm create spindle my-app`.

import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { createProject } from './create-project.ts'

const USAGE = 'npm create spindle <folder> [-- --from <folder of tarballs>]'

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' } } })
  const [folder] = positionals
  if (folder === undefined || positionals.length > 1) throw new Error(`name one folder for the project: ${USAGE}`)
  const files = createProject(folder, { from: values.from })
  console.log(`${files.map((file) => `  ${file}`).join('\n')}\n\nNow run:`)
  if (relative('.', folder) !== '') console.log(`  cd ${folder}`)
  console.log('  npm install\n  npm start')
} catch (error) {
  console.error(`create-spindle: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
