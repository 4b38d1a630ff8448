// `npm run bench pools`: Spindle's ThreadPoolExecutor beside other pools of threads. See bench/NOTES.md.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { buildSpindle } from '../harness/spindle-build.js'
import { replaceTables } from '../harness/write-tables.js'
import { median } from '../lib/median.js'
import { chosenNames, optionsOf } from '../lib/options.js'
import { installPeers } from '../peers/install.js'

const REFERENCE = 'spindle'
const CONTENDERS = [REFERENCE, 'spindle-blocking', 'piscina', 'workerpool', 'post-message']

/** @type {Record<string, string>} */
const WORKLOADS = {
  'round-trip': 'empty calls, one after the other',
  'small-calls': '10,000 calls that square a number, all of them submitted at once',
  'many-calls': '100,000 of these calls, by `map` where there is one',
  megabyte: '1 MB, copied there and back',
  transferred: 'a buffer of 64 MB, there and back without a copy',
  shared: 'a shared buffer of 64 MB, there and back',
  objects: '100,000 small objects, there',
  'objects-back': '100,000 small objects, there and back',
  start: 'a new pool of one thread, until its first result',
}

const BEGIN = '<!-- npm run bench pools -->'

/**
 * @typedef {{ wall: number, cpu: number }} Took µs for a call.
 * @typedef {Record<string, Took[]>} Rounds by contender
 * @typedef {{ name: string, cannot: Record<string, string>, ask: (workload: string) => Promise<Took>, end: () => void
 * }} Contender
 */

const HELP = `npm run bench pools [options]
  --quick                 fewer rounds
  --workload a,b          ${Object.keys(WORKLOADS).join(', ')}
  --markdown <file>       writes the tables into a file that has the line for them`

const options = optionsOf(HELP, {
  quick: { type: 'boolean', default: false },
  workload: { type: 'string' },
  markdown: { type: 'string' },
})
const workloads = chosenNames('--workload', options.workload, Object.keys(WORKLOADS))

await buildSpindle()
installPeers(fileURLToPath(new URL('.', import.meta.url)))
const text = report(await measure())
console.log(text)
if (options.markdown !== undefined) replaceTables(options.markdown, BEGIN, text)

async function measure() {
  const contenders = await Promise.all(CONTENDERS.map(contender))
  /** @type {Record<string, Rounds>} */
  const results = {}
  for (const workload of workloads) {
    process.stderr.write(`${workload} … `)
    results[workload] = await takeTurns(
      contenders.filter(({ cannot }) => cannot[workload] === undefined),
      workload,
    )
    process.stderr.write('\n')
  }
  for (const { end } of contenders) end()
  return {
    results,
    cannot: contenders.flatMap(({ name, cannot }) => Object.entries(cannot).map(([w, y]) => [name, w, y])),
  }
}

/**
 * @param {string} name
 * @returns {Promise<Contender>}
 */
async function contender(name) {
  const child = fork(new URL('measure.js', import.meta.url), [name])
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${name} ended too early`)
  })
  ended.catch(() => {}) // the caller of ask() receives the error
  const answer = async () => (await Promise.race([once(child, 'message'), ended]))[0]
  const cannot = await answer()
  const ask = (/** @type {string} */ workload) => {
    child.send(workload)
    return answer()
  }
  return { name, cannot, ask, end: () => child.kill() }
}

/**
 * @param {Contender[]} contenders
 * @param {string} workload
 */
async function takeTurns(contenders, workload) {
  for (const { ask } of contenders) await ask(workload) // a warm-up
  /** @type {Rounds} */
  const rounds = Object.fromEntries(contenders.map(({ name }) => [name, []]))
  for (let n = 0; n < (options.quick ? 7 : 21); n++) {
    for (const { name, ask } of contenders) rounds[name]?.push(await ask(workload))
    contenders.push(...contenders.splice(0, 1)) // no contender is always first
    process.stderr.write('.')
  }
  return rounds
}

/** @param {Awaited<ReturnType<typeof measure>>} measured */
function report({ results, cannot }) {
  const versions = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores, ${peers.join(', ')}.`
  const what = Object.keys(results).map((workload) => `- \`${workload}\`: ${WORKLOADS[workload]}`)
  const lines = [machine, '', 'The workloads:', '', ...what, '']
  lines.push(`Wall time, × ${REFERENCE} in the same round:`, '', ...table(results, ratio('wall')), '')
  lines.push(`CPU time of all threads, × ${REFERENCE} in the same round:`, '', ...table(results, ratio('cpu')), '')
  lines.push(
    'Wall time of one call, in µs:',
    '',
    ...table(results, (own) => short(median(own.map(({ wall }) => wall)))),
    '',
  )
  const excuses = cannot.filter(([, workload = '']) => workload in results)
  for (const [name, workload, why] of excuses) lines.push(`- ${name} can't do \`${workload}\`: ${why}.`)
  return [...lines, ...(excuses.length > 0 ? [''] : [])].join('\n')
}

/**
 * @param {Record<string, Rounds>} results
 * @param {(own: Took[], reference: Took[] | undefined) => string} show
 */
function table(results, show) {
  const rows = Object.entries(results).map(([workload, rounds]) => [
    `\`${workload}\``,
    ...CONTENDERS.map((name) => (rounds[name] === undefined ? '–' : show(rounds[name], rounds[REFERENCE]))),
  ])
  return [['', ...CONTENDERS], ['---', ...CONTENDERS.map(() => '--:')], ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  )
}

/** @param {'wall' | 'cpu'} which */
function ratio(which) {
  return (/** @type {Took[]} */ own, /** @type {Took[] | undefined} */ reference) =>
    reference === undefined
      ? '–'
      : short(median(own.map((took, n) => took[which] / (reference[n]?.[which] ?? Number.NaN))))
}

/** @param {number} value */
function short(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}
