// `npm run bench docs`: measures everything again, writes the main table of docs/explanation/performance.md and the
// tables of bench/NOTES.md, and draws the charts. It takes more than an hour; the main table alone takes a quarter of
// an hour: `npm run bench docs main charts`. The charts show the figures of `main`, `growth` and `latency`, kept in
// bench/dist.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chosenNames } from './lib/options.js'

const MARKDOWN = ['--markdown', path('NOTES.md')]
const ON_ENGINES = 'switch,spawn-seq,future,fib,promise-async,whole'

/** The parts, in the order in which they run. @type {Record<string, string[]>} */
const parts = {
  main: [
    'bench.js',
    '--main',
    '--quick',
    '--json',
    path('dist/figures.json'),
    '--markdown',
    path('../docs/explanation/performance.md'),
  ],
  engines: [
    'bench.js',
    '--engines',
    '--quick',
    '--workload',
    ON_ENGINES,
    '--only',
    'spindle-host,stripped',
    ...MARKDOWN,
  ],
  pools: ['pools/pools.js', '--quick', ...MARKDOWN],
  io: ['io/io.js', '--quick', ...MARKDOWN],
  growth: ['growth.js', '--json', path('dist/growth.json'), ...MARKDOWN],
  latency: ['latency/latency.js', '--json', path('dist/latency.json'), ...MARKDOWN],
  charts: ['charts.js', path('../docs/pictures')],
}

const given = process.argv.length > 2 ? process.argv.slice(2).join(',') : undefined
const chosen = chosenNames('npm run bench docs', given, Object.keys(parts))
for (const name of Object.keys(parts).filter((part) => chosen.includes(part))) {
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
