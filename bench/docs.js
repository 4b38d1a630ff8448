// `pnpm bench:docs`: measures everything again, and writes the tables of docs/explanation/performance.md. It takes some
// twenty minutes; in parts: `pnpm bench:docs growth io`.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const FILE = path('../docs/explanation/performance.md')

/** @type {Record<string, string[]>} */
const parts = {
  bench: ['bench.js', '--quick', '--json', path('dist/figures.json')],
  pools: ['pools/pools.js', '--quick'],
  io: ['io/io.js', '--quick'],
  growth: ['growth.js'],
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of chosen) {
  const part = parts[name]
  if (part === undefined) throw new Error(`${name} is none of ${Object.keys(parts).join(', ')}`)
  const [script = '', ...args] = part
  const begin = performance.now()
  const { status } = spawnSync(process.execPath, [path(script), ...args, '--markdown', FILE], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${script} failed`)
  console.error(`${name}: ${((performance.now() - begin) / 60_000).toFixed(1)} minutes`)
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}
