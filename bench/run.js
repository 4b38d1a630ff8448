// `npm run bench [what] [options]` measures one thing, the main comparison if no word says which. `--help` after the
// word lists its options.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const TYPESCRIPT = ['--import', 'tsx']

/** The options for Node and the program, by word. @type {Record<string, string[]>} */
const programs = {
  pools: ['pools/pools.js'],
  guard: ['guard/guard.js'],
  cancellation: [...TYPESCRIPT, 'compare-cancellation.js'],
  seeing: [...TYPESCRIPT, '../test/inspect/figures.ts'],
}

const [word = '', ...rest] = process.argv.slice(2)
if (word !== '' && !word.startsWith('-') && programs[word] === undefined) {
  console.error(`npm run bench measures ${Object.keys(programs).join(', ')}, not ${word}`)
  process.exit(2)
}
const [command, args] = programs[word] === undefined ? [['bench.js'], process.argv.slice(2)] : [programs[word], rest]
const program = fileURLToPath(new URL(command.at(-1) ?? '', import.meta.url))
const { status } = spawnSync(process.execPath, [...command.slice(0, -1), program, ...args], { stdio: 'inherit' })
process.exitCode = status ?? 1
