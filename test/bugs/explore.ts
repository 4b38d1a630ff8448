// npm run explore: `--table` and `--nightly` are table.ts and nightly.ts; a file is for `spindle explore`.

import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const [file = '', ...more] = process.argv.slice(2)
if (file === '--nightly' || file === '--table') {
  await import(`./${file.slice(2)}.ts`)
} else {
  const command = fileURLToPath(new URL('../../packages/inspect/src/main.ts', import.meta.url))
  const tsx = createRequire(import.meta.url).resolve('tsx')
  const args = ['--import', tsx, command, 'explore', ...(file === '' ? [] : [file]), ...more]
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
