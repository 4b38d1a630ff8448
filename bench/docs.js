// `pnpm bench:docs`: measures everything again, writes the tables of docs/explanation/performance.md and draws its
// charts. It takes about forty minutes. To run only some parts: `pnpm bench:docs growth io charts`.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chosenNames } from './lib/options.js'

const FILE = path('../docs/explanation/performance.md')
const MARKDOWN = ['--markdown', FILE]
const ON_ENGINES = 'switch,spawn-seq,future,fib,promise-async,whole'

/** The parts, in the order of the page; the charts come last. @type {Record<string, string[]>} */
const parts = {
  main: ['bench.js', '--main', '--quick', '--json', path('dist/figures.json'), ...MARKDOWN],
  bench: ['bench.js', '--quick', ...MARKDOWN],
  engines: [
    'bench.js',
    '--engines',
    '--quick',
    '--workload',
    ON_ENGINES,
    '--only',
    'spindle-host,raw-generators',
    ...MARKDOWN,
  ],
  pools: ['pools/pools.js', '--quick', ...MARKDOWN],
  io: ['io/io.js', '--quick', ...MARKDOWN],
  growth: ['growth.js', '--json', path('dist/growth.json'), ...MARKDOWN],
  latency: ['latency/latency.js', '--json', path('dist/latency.json'), ...MARKDOWN],
  charts: ['charts.js', path('../docs/pictures')],
}

const given = process.argv.length > 2 ? process.argv.slice(2).join(',') : undefined
for (const name of chosenNames('pnpm bench:docs', given, Object.keys(parts))) {
  const [script = '', ...args] = parts[name] ?? []
  const begin = performance.now()
  const { status } = spawnSync(process.execPath, ['--max-old-space-size=8192', path(script), ...args], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`${script} failed`)
  console.error(`${name}: ${((performance.now() - begin) / 60_000).toFixed(1)} minutes`)
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}
