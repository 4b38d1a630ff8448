// `pnpm bench`: measures each workload on each runtime, side by side, and prints tables. See docs/performance.md.
//
// A workload has a process for each runtime. They warm up, then take turns: one round each, and again. So what disturbs the
// machine disturbs them alike, and a ratio is taken between rounds that lie next to each other.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measurer } from './measurer.js'
import { markdown } from './report.js'
import { REFERENCE, runtimes } from './runtimes.js'
import { buildSpindle } from './spindle-build.js'
import { workloads } from './workloads.js'

const HELP = `pnpm bench [options]
  --quick                 fewer and shorter rounds
  --only a,b              these runtimes only (and ${REFERENCE}): ${runtimes.map(({ name }) => name).join(', ')}
  --workload a,b          these workloads only: ${workloads.map(({ name }) => name).join(', ')}
  --json <file>           writes the figures there
  --markdown <file>       writes the tables there`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    workload: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const plan = options.quick
  ? { processes: 1, warmUp: 250, rounds: 5, duration: 80 }
  : { processes: 3, warmUp: 500, rounds: 7, duration: 200 }

if (options.help) console.log(HELP)
else await main()

async function main() {
  const chosenRuntimes = choose(runtimes, options.only === undefined ? undefined : `${REFERENCE},${options.only}`)
  const chosenWorkloads = choose(workloads, options.workload)
  buildSpindle()
  const results = []
  for (const workload of chosenWorkloads) {
    process.stderr.write(`${workload.name} …`)
    const result = await measure(workload, chosenRuntimes)
    results.push(result)
    process.stderr.write(
      ` ${Object.entries(result.runtimes)
        .map(([name, figures]) => short(name, figures))
        .join('  ')}\n`,
    )
  }
  const report = markdown(results, chosenRuntimes)
  console.log(report)
  if (options.markdown !== undefined) writeFileSync(options.markdown, report)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
}

/**
 * @typedef {{ wall: number, cpu: number }} Round ns for one operation
 * @typedef {{ cannot: string } | Round & { ratio: Round, rounds: Round[] }} Figures
 * @typedef {{ workload: import('./workloads.js').Workload, runtimes: Record<string, Figures> }} Result
 *
 * @param {import('./workloads.js').Workload} workload
 * @param {import('./runtimes.js').Runtime[]} contestants
 * @returns {Promise<Result>}
 */
async function measure(workload, contestants) {
  /** @type {Record<string, Round[]>} */
  const rounds = {}
  /** @type {Record<string, string>} */
  const cannot = {}
  const duration = workload.warmUp === undefined ? plan.duration : 0 // once is long enough
  for (let n = 0; n < plan.processes; n++) {
    const measurers = contestants.map((runtime) => measurer(runtime, workload))
    try {
      for (const { runtime, ready, ask } of measurers) {
        const reason = await ready
        if (reason === undefined) await ask(`warm-up ${plan.warmUp}`)
        else cannot[runtime.name] = reason
      }
      for (let round = 0; round < plan.rounds; round++) {
        if (workload.warmUp !== undefined && round >= 3) break
        for (const { runtime, ask } of measurers) {
          if (runtime.name in cannot) continue
          rounds[runtime.name] ??= []
          rounds[runtime.name]?.push(await ask(`round ${duration}`))
        }
      }
    } finally {
      for (const { end } of measurers) end()
    }
  }
  const reference = rounds[REFERENCE] ?? []
  return {
    workload,
    runtimes: Object.fromEntries(
      contestants.map(({ name }) => [
        name,
        name in cannot ? { cannot: cannot[name] ?? '' } : figures(rounds[name] ?? [], reference),
      ]),
    ),
  }
}

/**
 * @param {Round[]} rounds
 * @param {Round[]} reference
 * @returns {Figures}
 */
function figures(rounds, reference) {
  const ratio = {
    wall: median(rounds.map(({ wall }, i) => wall / (reference[i]?.wall ?? Number.NaN))),
    cpu: median(rounds.map(({ cpu }, i) => cpu / (reference[i]?.cpu ?? Number.NaN))),
  }
  return { wall: median(rounds.map(({ wall }) => wall)), cpu: median(rounds.map(({ cpu }) => cpu)), ratio, rounds }
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}

/**
 * @param {string} name
 * @param {Figures} figures
 */
function short(name, figures) {
  return 'cannot' in figures ? `${name} –` : `${name} ${figures.cpu.toFixed(0)} ns (${figures.ratio.cpu.toFixed(2)} ×)`
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
    if (!all.some((one) => one.name === name))
      throw new Error(`${name} is none of ${all.map((one) => one.name).join(', ')}`)
  }
  return all.filter(({ name }) => wanted.has(name))
}
