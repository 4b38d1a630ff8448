// `npm run bench`: measures each workload on each runtime, side by side, and prints a table. See
// docs/explanation/performance.md.

import { loadavg } from 'node:os'
import { measureMemory } from './harness/kinds/memory.js'
import { measureStartUp } from './harness/kinds/start-up.js'
import { measureTime } from './harness/kinds/time.js'
import { measurer } from './harness/measurer.js'
import { cells, markdown } from './harness/report.js'
import { PEERS, REFERENCE, runtimes } from './harness/runtimes.js'
import { buildSpindle } from './harness/spindle-build.js'
import { workloads } from './harness/workloads.js'
import { replaceTables } from './harness/write-tables.js'
import { chosenNames, optionsOf } from './lib/options.js'
import { installPeers } from './peers/install.js'

/**
 * @typedef {object} Figures The measurements of one runtime on one workload.
 * @property {number} value The median: ns of CPU, bytes or ms.
 * @property {number} [ratio] To the reference, between neighbouring rounds.
 *
 * @typedef {{ workload: import('./harness/workloads.js').Workload, figures: Record<string, Figures>, load: number }}
 * Result
 *
 * @typedef {(
 *   workload: import('./harness/workloads.js').Workload,
 *   runtimes: import('./harness/runtimes.js').Runtime[],
 *   quick: boolean,
 * ) => Promise<Record<string, Figures>>} Measure
 */

const BEGIN = '<!-- npm run bench -->'

const HELP = `npm run bench [options]
  --quick                 fewer and shorter rounds
  --only a,b              these runtimes only (and ${REFERENCE}): ${runtimes.map(({ name }) => name).join(', ')}
  --workload a,b          these workloads only: ${workloads.map(({ name }) => name).join(', ')}
  --markdown <file>       writes the table into a file that has the line ${BEGIN}, behind it`

const options = optionsOf(HELP, {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  workload: { type: 'string' },
  markdown: { type: 'string' },
})

/** @type {Record<import('./harness/workloads.js').Workload['kind'], Measure>} */
const kinds = { time: measureTime, memory: measureMemory, 'start-up': measureStartUp }

const names = [REFERENCE, ...chosenNames('--only', options.only, namesOf(runtimes))]
const chosen = chosenNames('--workload', options.workload, namesOf(workloads))
const table = markdown(
  await measureAll(
    runtimes.filter(({ name }) => names.includes(name)),
    workloads.filter(({ name }) => chosen.includes(name)),
  ),
)
console.log(table)
if (options.markdown !== undefined) replaceTables(options.markdown, BEGIN, table)

/**
 * @param {import('./harness/runtimes.js').Runtime[]} present
 * @param {import('./harness/workloads.js').Workload[]} chosen
 */
async function measureAll(present, chosen) {
  if (present.some(({ name }) => PEERS.includes(name))) installPeers()
  await buildSpindle()
  console.error(`On Node ${process.versions.node}: ${present.map(({ name }) => name).join(', ')}.`)
  /** @type {Result[]} */
  const results = []
  for (const workload of chosen) {
    process.stderr.write(`[${results.length + 1}/${chosen.length}] ${workload.name} … `)
    const able = await ableTo(workload, present)
    const figures = await kinds[workload.kind](workload, able, options.quick)
    const result = { workload, figures, load: loadavg()[0] ?? 0 }
    console.error(cells(result).slice(1).join('   '))
    results.push(result)
  }
  return results
}

/**
 * @param {import('./harness/workloads.js').Workload} workload
 * @param {import('./harness/runtimes.js').Runtime[]} present
 */
async function ableTo(workload, present) {
  const able = []
  for (const runtime of present) {
    if (workload.kind === 'start-up') {
      if (runtime.startUp !== undefined) able.push(runtime)
      continue
    }
    const { can, end } = measurer(runtime, workload)
    if (await can()) able.push(runtime)
    end()
  }
  return able
}

/** @param {{ name: string }[]} all */
function namesOf(all) {
  return all.map(({ name }) => name)
}
