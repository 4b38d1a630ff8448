// `pnpm bench`: measures each workload on each runtime, side by side, and prints tables. See docs/performance.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureLatency } from './kinds/latency.js'
import { measureMemory } from './kinds/memory.js'
import { measureStartUp } from './kinds/start-up.js'
import { measureTime } from './kinds/time.js'
import { measurer } from './measurer.js'
import { installPeers } from './peers/install.js'
import { markdown, oneLine } from './report.js'
import { REFERENCE, runtimes, whyAbsent } from './runtimes.js'
import { buildSpindle } from './spindle-build.js'
import { workloads } from './workloads.js'

/**
 * @typedef {object} Figures What was measured, of one runtime and one workload.
 * @property {number} value The median: ns of CPU, bytes or ms. Infinity: it never came.
 * @property {number} [wall]
 * @property {import('./kinds/time.js').Round} [ratio] to the reference, between neighbouring rounds.
 * @property {import('./kinds/time.js').Round[]} [rounds]
 * @property {number} [worst]
 *
 * @typedef {{ workload: import('./workloads.js').Workload, figures: Record<string, Figures>, cannot: Record<string, string> }} Result
 *
 * @typedef {(
 *   workload: import('./workloads.js').Workload,
 *   runtimes: import('./runtimes.js').Runtime[],
 *   quick: boolean,
 * ) => Promise<Record<string, Figures>>} Measure
 */

const BEGIN = '<!-- pnpm bench -->'
const END = '<!-- end -->'

const HELP = `pnpm bench [options]
  --quick                 fewer and shorter rounds
  --only a,b              these runtimes only (and ${REFERENCE}): ${runtimes.map(({ name }) => name).join(', ')}
  --workload a,b          these workloads only: ${workloads.map(({ name }) => name).join(', ')}
  --again a.json,b.json   measures nothing: the tables of those figures
  --json <file>           writes the figures there
  --markdown <file>       writes the tables there; into a file that has the lines ${BEGIN} and ${END}, between them`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    workload: { type: 'string' },
    again: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** @type {Record<import('./workloads.js').Workload['kind'], Measure>} */
const kinds = { time: measureTime, memory: measureMemory, latency: measureLatency, 'start-up': measureStartUp }

if (options.help) console.log(HELP)
else if (options.again !== undefined) report(options.again.split(',').flatMap(read))
else report(await measureAll())

async function measureAll() {
  const chosenRuntimes = choose(runtimes, options.only === undefined ? undefined : `${REFERENCE},${options.only}`)
  const chosenWorkloads = choose(workloads, options.workload)
  await buildSpindle()
  if (chosenRuntimes.some(({ command }) => command.some((part) => part.includes('/peers/')))) installPeers()
  const present = chosenRuntimes.filter((runtime) => {
    const reason = whyAbsent(runtime)
    if (reason !== undefined) console.error(`${runtime.name}: skipped, ${reason}`)
    return reason === undefined
  })
  /** @type {Result[]} */
  const results = []
  for (const workload of chosenWorkloads) {
    process.stderr.write(`${workload.name} … `)
    const cannot = await whoCannot(workload, present)
    const able = present.filter(({ name }) => !(name in cannot))
    const result = { workload, figures: await kinds[workload.kind](workload, able, options.quick), cannot }
    process.stderr.write(`${oneLine(result)}\n`)
    results.push(result)
  }
  return results
}

/** @param {Result[]} results */
function report(results) {
  const text = markdown(results)
  console.log(text)
  if (options.markdown !== undefined) write(options.markdown, text)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const begin = old.indexOf(`${BEGIN}\n`)
  const end = old.indexOf(END)
  if (begin === -1 || end === -1) writeFileSync(file, text)
  else writeFileSync(file, `${old.slice(0, begin + BEGIN.length + 1)}\n${text}\n${old.slice(end)}`)
}

/**
 * @param {string} file
 * @returns {Result[]}
 */
function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/**
 * @param {import('./workloads.js').Workload} workload
 * @param {import('./runtimes.js').Runtime[]} contestants
 */
async function whoCannot(workload, contestants) {
  /** @type {Record<string, string>} */
  const cannot = {}
  for (const runtime of contestants) {
    const { whyNot, end } = measurer(runtime, workload)
    const reason = await whyNot()
    if (reason !== undefined) cannot[runtime.name] = reason
    end()
  }
  return cannot
}

/**
 * @template {{ name: string }} T
 * @param {T[]} all
 * @param {string | undefined} names
 */
function choose(all, names) {
  if (names === undefined) return all
  const wanted = new Set(names.split(','))
  for (const name of wanted) {
    if (!all.some((one) => one.name === name)) {
      throw new Error(`${name} is none of ${all.map((one) => one.name).join(', ')}`)
    }
  }
  return all.filter(({ name }) => wanted.has(name))
}
