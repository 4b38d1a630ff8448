// Runs one program under many schedules. For `--nightly` and `--table` see nightly.ts and table.ts.
//   npm run explore examples/together/queue.ts      a file whose `main` or default export is a coroutine function;
//                                                it may export `options`

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ExplorationError, type ExploreOptions, explore } from '@spindle/testing'
import type { Coroutine } from 'spindle'

interface Program {
  readonly default?: unknown
  readonly main?: unknown
  readonly options?: ExploreOptions<undefined, unknown>
}

const [file] = process.argv.slice(2)
if (file === '--nightly' || file === '--table') {
  await import(`./${file.slice(2)}.ts`)
  process.exit(process.exitCode)
}
if (file === undefined) {
  console.error('Which file? npm run explore program.ts, which exports a coroutine function `main`')
  process.exit(2)
}
const module = (await import(pathToFileURL(resolve(file)).href)) as Program
const main = module.main ?? module.default
if (typeof main !== 'function') {
  console.error(`${file} exports no coroutine function as \`main\` or by default`)
  process.exit(2)
}
const program = main as () => Coroutine<unknown>
let failed = false
for (const options of [{}, { cancel: 'twice', runs: 5_000 }] as const) {
  const how = JSON.stringify(options).replaceAll('"', '')
  try {
    const { runs, covered } = await explore(program, { ...module.options, ...options })
    console.log(`✓ ${how}: ${runs} runs; ${covered}`)
  } catch (error) {
    if (!(error instanceof ExplorationError)) throw error
    failed = true
    console.log(`✗ ${how}: ${error.message}`)
  }
}
process.exitCode = failed ? 1 : 0
