// The tables that bench.js prints.

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { REFERENCE } from './runtimes.js'

/** @typedef {import('../bench.js').Result} Result */
/** @typedef {import('../bench.js').Figures} Figures */

const UNITS = { time: 'ns', memory: 'bytes', latency: 'ms', 'start-up': 'ms', whole: 'ms' }

/** @param {Result[]} results */
export function markdown(results) {
  const timed = results.filter(({ workload }) => workload.kind === 'time')
  const compared = results.filter(({ workload }) => workload.kind === 'time' || workload.kind === 'whole')
  const others = results.filter(({ workload }) => workload.kind !== 'time')
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores${peers()}.`
  const tables = [machine, '', 'What is done:', '', ...list(results), '']
  if (compared.length > 0) {
    tables.push('CPU time, × native in the same round:', '', ...table(compared, ratioOf('cpu')), '')
    tables.push('Wall time, × native in the same round:', '', ...table(compared, ratioOf('wall')), '')
    if (timed.length > 0) tables.push('CPU time of one operation, in ns:', '', ...table(timed, figure, false), '')
  }
  if (others.length > 0) tables.push('Other things:', '', ...table(others, figure), '')
  const excuses = new Map()
  for (const { workload, cannot } of results) {
    for (const [name, why] of Object.entries(cannot)) {
      excuses.set(`${name}: ${why}`, [...(excuses.get(`${name}: ${why}`) ?? []), `\`${workload.name}\``])
    }
  }
  if (excuses.size > 0) {
    const lines = [...excuses].map(([why, workloads]) => `- ${why} (${workloads.join(', ')})`)
    tables.push('A dash says that it cannot be done, or was not measured:', '', ...lines, '')
  }
  return tables.join('\n')
}

/**
 * A table for each runtime: its CPU time on each engine, × native on the same engine.
 *
 * @param {Result[]} results
 */
export function enginesMarkdown(results) {
  const engines = [...new Set(results.map(({ engine }) => engine ?? ''))]
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))]
  const workloads = [...new Map(results.map(({ workload }) => [workload.name, workload])).values()]
  const header = ['', ...engines]
  const rule = ['---', ...engines.map(() => '--:')]
  const tables = [`${availableParallelism()} cores. Each engine is compared with its own native \`await\`.`, '']
  for (const name of names) {
    const isNative = name === REFERENCE
    const rows = workloads.map((workload) => [
      `\`${workload.name}\`${isNative || workload.kind === 'start-up' ? ` ${UNITS[workload.kind]}` : ''}`,
      ...engines.map((engine) => {
        const result = results.find((one) => one.engine === engine && one.workload.name === workload.name)
        const figures = result?.figures[name]
        if (figures === undefined) return '–'
        return isNative || figures.ratio === undefined ? figure(figures) : ratioOf('cpu')(figures)
      }),
    ])
    const what = isNative ? 'CPU time of one operation' : 'CPU time, × native'
    const shown = rows.filter((cells) => cells.slice(1).some((cell) => cell !== '–'))
    tables.push(`\`${name}\`: ${what}`, '', ...[header, rule, ...shown].map((cells) => `| ${cells.join(' | ')} |`), '')
  }
  return tables.join('\n')
}

/** The libraries, and their versions. */
function peers() {
  const { dependencies } = JSON.parse(readFileSync(new URL('../peers/package.json', import.meta.url), 'utf8'))
  return Object.entries(dependencies)
    .map(([name, version]) => `, ${name} ${version}`)
    .join('')
}

/** @param {Result[]} results */
function list(results) {
  return results.map(({ workload }) => `- \`${workload.name}\`: ${workload.what}`)
}

/** @param {Result} result */
export function oneLine({ workload, figures }) {
  return Object.entries(figures)
    .map(([name, { value, ratio }]) => {
      const relative = ratio === undefined ? '' : ` (${ratio.cpu.toFixed(2)} ×)`
      return `${name} ${short(value)} ${UNITS[workload.kind]}${relative}`
    })
    .join('   ')
}

/**
 * @param {Result[]} results
 * @param {(figures: Figures) => string} show
 */
function table(results, show, withAim = true) {
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))]
  const header = ['', ...names, ...(withAim ? ['aim'] : [])]
  const rule = ['---', ...header.slice(1).map(() => '--:')]
  const rows = results.map(({ workload, figures }) => [
    `\`${workload.name}\` ${workload.kind === 'time' ? '' : UNITS[workload.kind]}`.trim(),
    ...names.map((name) => (figures[name] === undefined ? '–' : show(figures[name]))),
    ...(withAim
      ? [workload.aim === undefined || (show === figure && workload.kind === 'whole') ? '' : `≤ ${workload.aim}`]
      : []),
  ])
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

/** @param {Figures} figures */
function figure({ value }) {
  return short(value ?? Number.POSITIVE_INFINITY) // JSON has no Infinity, and null for it
}

/** @param {'cpu' | 'wall'} which */
function ratioOf(which) {
  return (/** @type {Figures} */ { ratio }) => (ratio === undefined ? '' : short(ratio[which], 2))
}

/**
 * @param {number} value
 * @param {number} digits
 */
function short(value, digits = value < 10 ? 1 : 0) {
  return value === Number.POSITIVE_INFINITY ? 'never' : value.toFixed(value >= 10 ? 0 : digits)
}
