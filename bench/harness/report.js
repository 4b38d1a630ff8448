// The table that bench.js prints.

import { availableParallelism } from 'node:os'
import { PEERS, REFERENCE } from './runtimes.js'

/** @typedef {import('../bench.js').Result} Result */
/** @typedef {import('../bench.js').Figures} Figures */
/** @typedef {{ name: string, value: number, times: number }} Compared `times` native */

const UNITS = { time: 'ns', memory: 'bytes', 'start-up': 'ms' }
const SLOWER = 1.05 // Spindle is called slower from this multiple of the best other time

/** @param {Result[]} results */
export function markdown(results) {
  const header = ['', REFERENCE, 'best peer', 'Spindle', '… blocking']
  const rule = ['---', ...header.slice(1).map(() => '--:')]
  const lines = [header, rule, ...results.map(cells)].map((line) => `| ${line.join(' | ')} |`)
  return [`${settingOf(results)}.`, '', ...lines, ''].join('\n')
}

/** The cells of its row. @param {Result} result */
export function cells({ workload: { name, what, kind }, figures }) {
  const native = figures[REFERENCE]
  const compare = (/** @type {string} */ who) => {
    const one = figures[who]
    return one && { name: who, value: one.value, times: one.ratio ?? one.value / (native?.value ?? Number.NaN) }
  }
  const show = (/** @type {Compared} */ { value, times }) =>
    kind === 'time' ? `${short(times, 2)} ×` : `${short(value)} ${UNITS[kind]}`
  const [peer] = PEERS.flatMap((who) => compare(who) ?? []).sort((a, b) => a.times - b.times)
  const spindle = compare('spindle-host')
  const blocking = compare('spindle-blocking')
  const isSlower = spindle && spindle.times > SLOWER * Math.min(1, peer?.times ?? 1)
  return [
    `${what} \`${name}\``,
    native === undefined ? '–' : `${short(native.value)} ${UNITS[kind]}`,
    peer === undefined ? '–' : `${show(peer)} ${peer.name}`,
    spindle === undefined ? '–' : isSlower ? show(spindle) : `**${show(spindle)}**`,
    blocking === undefined ? '–' : show(blocking),
  ]
}

/** Engine, cores and day of the measurements, and the load of the machine. @param {Result[]} results */
function settingOf(results) {
  const loads = results.map(({ load }) => load)
  const load = `load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  const day = new Date().toISOString().slice(0, 10)
  return `Node ${process.versions.node}, ${availableParallelism()} cores, ${load}, ${day}`
}

/**
 * @param {number} value
 * @param {number} digits
 */
function short(value, digits = value < 10 ? 1 : 0) {
  return value.toFixed(value >= 10 ? 0 : digits)
}
