// The tables that bench.js prints.

import { readFileSync } from 'node:fs'
import { inMain } from './main-rows.js'
import { REFERENCE } from './runtimes.js'
import { workloads } from './workloads.js'

/** @typedef {import('../bench.js').Result} Result */
/** @typedef {import('../bench.js').Figures} Figures */

const UNITS = { time: 'ns', memory: 'bytes', 'start-up': 'ms', whole: 'ms' }

/** @param {Result[]} results */
export function markdown(results) {
  const timed = results.filter(({ workload }) => workload.kind === 'time')
  const compared = results.filter(({ workload }) => workload.kind === 'time' || workload.kind === 'whole')
  const others = results.filter(({ workload }) => workload.kind !== 'time')
  const machine = `${settingOf(results)}${peers()}.`
  const tables = [machine, '', 'The workloads:', '', ...list(results), '']
  if (compared.length > 0) {
    tables.push('CPU time, × native in the same round:', '', ...table(compared, ratio), '')
    if (timed.length > 0) tables.push('CPU time of one operation, in ns:', '', ...table(timed, figure), '')
  }
  if (others.length > 0) tables.push('Other figures:', '', ...table(others, figure), '')
  /** @type {Map<string, string[]>} */
  const excuses = new Map()
  for (const { workload, cannot } of results) {
    for (const why of new Set(Object.values(cannot))) {
      const who = Object.keys(cannot).filter((name) => cannot[name] === why)
      const excuse = `${who.join(', ')}: ${why}`
      excuses.set(excuse, [...(excuses.get(excuse) ?? []), `\`${workload.name}\``])
    }
  }
  if (excuses.size > 0) {
    const lines = [...excuses].map(([excuse, workloads]) => `- ${excuse} (${workloads.join(', ')})`)
    tables.push('A dash means that the workload is not possible, or was not measured:', '', ...lines, '')
  }
  return tables.join('\n')
}

/** Candidates for the best peer. */
export const PEERS = ['co', 'bluebird', 'effect']
/** Takes long: it is measured only where `slowPeers` is set. */
export const SLOW_PEERS = ['effection']
const SLOWER = 1.05 // Spindle is called slower from this multiple of the best other time

/**
 * @typedef {{ name: string, value: number, times: number }} Compared `times` native
 *
 * @typedef {object} MainRow A row of the main table.
 * @property {string} name
 * @property {string} what
 * @property {Figures} native
 * @property {Compared | undefined} peer The best one.
 * @property {Compared} spindle
 * @property {Compared | undefined} blocking
 * @property {boolean} isSlower
 *
 * @param {Result[]} results
 * @returns {MainRow[]}
 */
export function mainRows(results) {
  return results.flatMap(({ workload, figures }) => {
    const { native } = figures
    const told = inMain[workload.name]
    if (told === undefined || native === undefined) return []
    const compare = (/** @type {string} */ name) => {
      const one = figures[name]
      if (one === undefined) return undefined
      return { name, value: one.value, times: one.ratio?.cpu ?? one.value / native.value }
    }
    const spindle = compare('spindle-host')
    if (spindle === undefined) return []
    const [peer] = [...PEERS, ...SLOW_PEERS].flatMap((name) => compare(name) ?? []).sort((a, b) => a.times - b.times)
    const isSlower = spindle.times > SLOWER * Math.min(1, peer?.times ?? 1)
    const { name, what } = workload
    return [{ name, what: told.what ?? what, native, peer, spindle, blocking: compare('spindle-blocking'), isSlower }]
  })
}

/**
 * Engine, cores and day of the measurements, and the load of the machine.
 *
 * @param {Result[]} results
 */
export function settingOf(results) {
  const settings = results.flatMap(({ setting }) => setting ?? [])
  const loads = settings.map((setting) => Number(/load ([\d.]+)/.exec(setting)?.[1]))
  return settings[0]?.replace(/load [\d.]+/, `load ${Math.min(...loads)} to ${Math.max(...loads)}`) ?? ''
}

/** @param {Result[]} results */
export function mainMarkdown(results) {
  const units = Object.fromEntries(workloads.map(({ name, kind }) => [name, UNITS[kind]]))
  const header = ['', 'native', 'best peer', 'Spindle', '… blocking']
  const rule = ['---', '--:', '--:', '--:', '--:']
  const rows = mainRows(results).map(({ name, what, native, peer, spindle, blocking, isSlower }) => {
    const unit = units[name] ?? ''
    const counted = unit === 'bytes' || name.startsWith('start-up') // absolute values, not × native
    const show = (/** @type {Compared} */ { value, times }) =>
      counted ? `${short(value)} ${unit}` : `${short(times, 2)} ×`
    return [
      `${what} \`${name}\``,
      `${short(native.value)} ${unit}`,
      peer === undefined ? '–' : `${show(peer)} ${peer.name}`,
      isSlower ? show(spindle) : `**${show(spindle)}**`,
      blocking === undefined ? '–' : show(blocking),
    ]
  })
  const measured = settingOf(results)
  return [`${measured}.`, '', ...[header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`), ''].join('\n')
}

/**
 * One table per runtime: its CPU time on each engine, as a multiple of native on the same engine.
 *
 * @param {Result[]} results
 */
export function enginesMarkdown(results) {
  const engines = [...new Set(results.map(({ engine }) => engine ?? ''))]
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))]
  const workloads = [...new Map(results.map(({ workload }) => [workload.name, workload])).values()]
  const header = ['', ...engines]
  const rule = ['---', ...engines.map(() => '--:')]
  const cores = /\d+ cores.*/.exec(settingOf(results))?.[0] ?? ''
  const tables = [`${cores}. Each engine is compared with its own native \`await\`.`, '']
  for (const name of names) {
    const isNative = name === REFERENCE
    const rows = workloads.map((workload) => [
      `\`${workload.name}\`${isNative || workload.kind === 'start-up' ? ` ${UNITS[workload.kind]}` : ''}`,
      ...engines.map((engine) => {
        const result = results.find((one) => one.engine === engine && one.workload.name === workload.name)
        const figures = result?.figures[name]
        if (figures === undefined) return '–'
        return isNative || figures.ratio === undefined ? figure(figures) : ratio(figures)
      }),
    ])
    const what = isNative ? 'CPU time of one operation' : 'CPU time, × native'
    const shown = rows.filter((cells) => cells.slice(1).some((cell) => cell !== '–'))
    tables.push(`\`${name}\`: ${what}`, '', ...[header, rule, ...shown].map((cells) => `| ${cells.join(' | ')} |`), '')
  }
  return tables.join('\n')
}

/** The libraries and their versions. */
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
function table(results, show) {
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))]
  const header = ['', ...names]
  const rule = ['---', ...header.slice(1).map(() => '--:')]
  const rows = results.map(({ workload, figures }) => [
    `\`${workload.name}\` ${workload.kind === 'time' ? '' : UNITS[workload.kind]}`.trim(),
    ...names.map((name) => (figures[name] === undefined ? '–' : show(figures[name]))),
  ])
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

/** @param {Figures} figures */
function figure({ value }) {
  return short(value ?? Number.POSITIVE_INFINITY) // JSON writes Infinity as null
}

/** @param {Figures} figures */
function ratio({ ratio }) {
  return ratio === undefined ? '' : short(ratio.cpu, 2)
}

/**
 * @param {number} value
 * @param {number} digits
 */
function short(value, digits = value < 10 ? 1 : 0) {
  return value === Number.POSITIVE_INFINITY ? 'never' : value.toFixed(value >= 10 ? 0 : digits)
}
