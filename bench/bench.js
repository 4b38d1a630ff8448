// `npm run bench`: measures each workload on each runtime, side by side, and prints tables. See
// docs/explanation/performance.md.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { commandOf } from './harness/command-of.js'
import { engines } from './harness/engines.js'
import { measureMemory } from './harness/kinds/memory.js'
import { measureStartUp } from './harness/kinds/start-up.js'
import { measureTime } from './harness/kinds/time.js'
import { measureWhole } from './harness/kinds/whole.js'
import { inMain } from './harness/main-rows.js'
import { measurer } from './harness/measurer.js'
import { progress } from './harness/progress.js'
import { enginesMarkdown, mainMarkdown, markdown, oneLine, PEERS, SLOW_PEERS } from './harness/report.js'
import { REFERENCE, runtimes, runtimesOn } from './harness/runtimes.js'
import { setting } from './harness/setting.js'
import { buildSpindle } from './harness/spindle-build.js'
import { workloads } from './harness/workloads.js'
import { writeTables } from './harness/write-tables.js'
import { optionsOf, refuse } from './lib/options.js'
import { installPeers } from './peers/install.js'

/**
 * @typedef {object} Figures The measurements of one runtime on one workload.
 * @property {number} value The median: ns of CPU, bytes or ms.
 * @property {number} [wall]
 * @property {import('./harness/kinds/time.js').Round} [ratio] To the reference, between neighbouring rounds.
 * @property {import('./harness/kinds/time.js').Round[]} [rounds]
 *
 * @typedef {{ workload: import('./harness/workloads.js').Workload, figures: Record<string, Figures>,
 *   cannot: Record<string, string>, engine?: string, setting?: string }} Result
 *
 * @typedef {(
 *   workload: import('./harness/workloads.js').Workload,
 *   runtimes: import('./harness/runtimes.js').Runtime[],
 *   quick: boolean,
 * ) => Promise<Record<string, Figures>>} Measure
 */

const BEGIN = '<!-- npm run bench -->'
const BEGIN_MAIN = '<!-- npm run bench: the main table -->'
const BEGIN_ENGINES = '<!-- npm run bench: engines -->'

const ENGINES = ['Node 20', 'Node 22', 'Node 24', 'Node 26', 'Bun', 'Deno']

const HELP = `npm run bench [options]
  --quick                 fewer and shorter rounds
  --only a,b              these runtimes only (and ${REFERENCE}): ${runtimes.map(({ name }) => name).join(', ')}
  --workload a,b          these workloads only: ${workloads.map(({ name }) => name).join(', ')}
  --main                  what the main table of performance.md shows, and only that table
  --engines               native and Spindle, or --only those, on each engine: ${ENGINES.join(', ')}
  --json <file>           writes the figures there
  --markdown <file>       writes the tables there; into a file that has the line ${BEGIN}, behind it (${BEGIN_MAIN} with --main, ${BEGIN_ENGINES} with --engines)`

const options = optionsOf(HELP, {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  workload: { type: 'string' },
  engines: { type: 'boolean', default: false },
  main: { type: 'boolean', default: false },
  json: { type: 'string' },
  markdown: { type: 'string' },
})

/** @type {Record<import('./harness/workloads.js').Workload['kind'], Measure>} */
const kinds = {
  time: measureTime,
  memory: measureMemory,
  'start-up': measureStartUp,
  whole: measureWhole,
}

if (options.engines) report(await measureEngines())
else if (options.main) {
  const names = ['spindle-host', 'spindle-blocking', ...PEERS, ...SLOW_PEERS].join(',')
  const chosen = choose(workloads, options.workload ?? Object.keys(inMain).join(','))
  report(await measureAll(contestants(runtimes, names), chosen))
} else report(await measureAll(contestants(runtimes), choose(workloads, options.workload)))

async function measureEngines() {
  // Only V8 reports the memory in use.
  const chosen = choose(workloads, options.workload).filter(({ kind }) => options.workload || kind !== 'memory')
  /** @type {Result[]} */
  const results = []
  for (const engine of engines()) {
    console.error(`${engine.name}, ${engine.version}:`)
    const who = contestants(runtimesOn(engine), 'spindle-host,spindle-blocking')
    results.push(...(await measureAll(who, chosen, `${engine.name} ${engine.version}`, results)))
  }
  return results
}

/**
 * @param {import('./harness/runtimes.js').Runtime[]} all
 * @param {string} [unlessTold]
 */
function contestants(all, unlessTold) {
  const names = options.only ?? unlessTold
  const chosen = choose(all, names === undefined ? undefined : `${REFERENCE},${names}`)
  if (chosen.some(({ command }) => command.some((part) => part.includes('/peers/')))) installPeers()
  return chosen
}

/**
 * @param {import('./harness/runtimes.js').Runtime[]} present
 * @param {import('./harness/workloads.js').Workload[]} chosen
 * @param {string} [engine] if it is not just this one
 * @param {Result[]} before
 */
async function measureAll(present, chosen, engine, before = []) {
  await buildSpindle()
  console.error(`On ${engine ?? `Node ${process.versions.node}`}: ${present.map(({ name }) => name).join(', ')}.`)
  const of = (/** @type {import('./harness/workloads.js').Workload} */ { name }) =>
    present.filter((one) => !options.main || !SLOW_PEERS.includes(one.name) || inMain[name]?.slowPeers)
  const bar = progress(chosen.length)
  /** @type {Result[]} */
  const results = []
  for (const workload of chosen) {
    bar.begin(workload.name)
    const cannot = await whoCannot(workload, of(workload))
    const able = of(workload).filter(({ name }) => !(name in cannot))
    /** @type {Result} */
    const result = { workload, figures: await kinds[workload.kind](workload, able, options.quick), cannot }
    result.setting = setting()
    if (engine !== undefined) result.engine = engine
    bar.end(oneLine(result))
    results.push(result)
    writeFigures([...before, ...results]) // keeps what was measured so far if a later workload fails
  }
  return results
}

/** @param {Result[]} results */
function report(results) {
  const onEngines = results.some(({ engine }) => engine !== undefined)
  const [begin, tables] = options.main
    ? [BEGIN_MAIN, mainMarkdown(results)]
    : onEngines
      ? [BEGIN_ENGINES, enginesMarkdown(results)]
      : [BEGIN, markdown(results)]
  console.log(tables)
  if (options.markdown !== undefined) writeTables(options.markdown, begin, tables)
  writeFigures(results)
}

/** @param {Result[]} results */
function writeFigures(results) {
  if (options.json === undefined) return
  mkdirSync(dirname(options.json), { recursive: true })
  writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
}

/**
 * @param {import('./harness/workloads.js').Workload} workload
 * @param {import('./harness/runtimes.js').Runtime[]} contestants
 */
async function whoCannot(workload, contestants) {
  /** @type {Record<string, string>} */
  const cannot = {}
  for (const runtime of contestants) {
    if (workload.kind === 'start-up' || workload.kind === 'whole') {
      if (commandOf(runtime, workload) === undefined) cannot[runtime.name] = 'there is no program for it'
      continue
    }
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
      refuse(`${name} is none of ${all.map((one) => one.name).join(', ')}`)
    }
  }
  return all.filter(({ name }) => wanted.has(name))
}
