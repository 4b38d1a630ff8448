// `npm run bench latency`: how late are an answer over HTTP and a `sleep(1)` beside 10,000 busy Tasks? Spindle, native
// async functions and Python's asyncio run in separate processes, one after the other. See
// bench/NOTES.md.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { duration } from '../harness/progress.js'
import { setting } from '../harness/setting.js'
import { buildSpindle } from '../harness/spindle-build.js'
import { replaceTables } from '../harness/write-tables.js'
import { chosenNames, optionsOf, refuse } from '../lib/options.js'

const HELP = `npm run bench latency [options]
  --seconds n             how long each is measured: 8
  --only a,b              native, spindle, asyncio
  --again <file>          measures nothing: the table of those figures
  --json <file>           writes the figures there
  --markdown <file>       writes the table into a file that has the line for it`
const BEGIN = '<!-- npm run bench latency -->'
const PATIENCE_MS = 60_000
const FEWEST = 5 // sleeps that must have ended

/** The command of each contender. @type {Record<string, string[]>} */
const CONTENDERS = {
  native: [process.execPath, path('contenders/native.js')],
  spindle: [process.execPath, path('contenders/spindle.js')],
  asyncio: ['python3', path('contenders/asyncio_busy.py')],
}

/** @typedef {{ tasks: number, work: number, atOnce: number }} Size */

/** @type {Record<string, { what: string, size: Size }>} */
const SCENARIOS = {
  idle: { what: 'nothing else runs', size: { tasks: 0, work: 0, atOnce: 0 } },
  switching: { what: '10,000 Tasks yield to each other', size: { tasks: 10_000, work: 0, atOnce: 0 } },
  working: { what: '10,000 Tasks work for 50 µs each, in turn', size: { tasks: 10_000, work: 0.05, atOnce: 0 } },
  limited: { what: 'the same, 20 at a time: a `Semaphore(20)`', size: { tasks: 10_000, work: 0.05, atOnce: 20 } },
}

/**
 * @typedef {{ p50: number, p99: number, worst: number }} Late ms
 * @typedef {{ scenario: string, contender: string, http: Late, sleep: Late, timer?: Late }} Figures
 */

const options = optionsOf(HELP, {
  seconds: { type: 'string', default: '8' },
  only: { type: 'string' },
  again: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'string' },
})

/** @typedef {{ setting: string, figures: Figures[] }} Latency */

/** @type {Latency} */
const latency = options.again === undefined ? await main() : JSON.parse(readFileSync(options.again, 'utf8'))
const text = markdown(latency)
console.log(text)
if (options.markdown !== undefined) replaceTables(options.markdown, BEGIN, text)
if (options.json !== undefined) {
  mkdirSync(dirname(options.json), { recursive: true })
  writeFileSync(options.json, `${JSON.stringify(latency, undefined, 2)}\n`)
}

async function main() {
  const seconds = Number(options.seconds)
  if (!(seconds > 0)) refuse(`--seconds must be a number above 0, got ${options.seconds}`)
  const names = chosenNames('--only', options.only, Object.keys(CONTENDERS))
  await buildSpindle()
  const python = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout?.trim()
  const present = names.filter((name) => name !== 'asyncio' || python)
  if (present.length < names.length) console.error('asyncio: skipped, there is no python3')
  const steps = Object.keys(SCENARIOS).flatMap((scenario) => present.map((contender) => ({ scenario, contender })))
  console.error(`${steps.length} measurements, ${duration(steps.length * (seconds + 1))}.`)
  /** @type {Figures[]} */
  const figures = []
  for (const [index, { scenario, contender }] of steps.entries()) {
    process.stderr.write(`[${index + 1}/${steps.length}] ${scenario}, ${contender} … `)
    const one = { scenario, contender, ...(await measure(scenario, contender, seconds * 1000)) }
    process.stderr.write(`HTTP p99 ${ms(one.http.p99)} ms, sleep(1) p99 ${ms(one.sleep.p99)} ms late\n`)
    figures.push(one)
  }
  return { setting: `${python ?? 'no Python'}, ${setting()}`, figures }
}

/**
 * @param {string} scenario
 * @param {string} contender
 * @param {number} time
 * @returns {Promise<{ http: Late, sleep: Late, timer?: Late }>}
 */
async function measure(scenario, contender, time) {
  const [command = '', ...args] = CONTENDERS[contender] ?? []
  const size = JSON.stringify(SCENARIOS[scenario]?.size)
  const child = spawn(command, [...args, size], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => {
      const { done, value } = await lines.next()
      if (done) throw new Error(`${contender} ended in the middle of ${scenario}`)
      return JSON.parse(value)
    }
    const { port } = await next()
    const http = await answers(port, time)
    let sleep = []
    let timer
    for (const end = performance.now() + PATIENCE_MS; sleep.length < FEWEST && performance.now() < end; ) {
      child.stdin.write('report\n')
      ;({ sleep, timer } = await next())
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return { http: late(http), sleep: late(sleep), ...(timer === undefined ? {} : { timer: late(timer) }) }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/**
 * How many ms each answer takes, for one request after another on one connection.
 *
 * @param {number} port
 * @param {number} time
 */
async function answers(port, time) {
  const agent = new Agent({ keepAlive: true })
  await answer(port, agent) // opens the connection
  const times = []
  const end = performance.now() + time
  while (performance.now() < end) {
    const start = performance.now()
    await answer(port, agent)
    times.push(performance.now() - start)
  }
  agent.destroy()
  return times
}

/**
 * @param {number} port
 * @param {Agent} agent
 */
function answer(port, agent) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent, timeout: PATIENCE_MS }, (response) => {
      response.resume()
      response.on('end', () => resolve(undefined))
    })
      .on('error', reject)
      .on('timeout', () => reject(new Error(`no answer in ${PATIENCE_MS} ms`)))
  })
}

/**
 * @param {number[]} times
 * @returns {Late}
 */
function late(times) {
  if (times.length === 0) throw new Error(`no sleep ended in ${PATIENCE_MS} ms`)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), worst: sorted.at(-1) ?? 0 }
}

/** @param {Latency} latency */
function markdown({ setting, figures }) {
  const header = ['', '', 'HTTP p50', 'p99', 'worst', '`sleep(1)` late by p50', 'p99', 'worst', 'host timer p99']
  const rule = ['---', '---', ...header.slice(2).map(() => '--:')]
  const rows = figures.map(({ scenario, contender, http, sleep, timer }, index) => [
    figures[index - 1]?.scenario === scenario ? '' : (SCENARIOS[scenario]?.what ?? ''),
    contender,
    ...[http.p50, http.p99, http.worst, sleep.p50, sleep.p99, sleep.worst].map(ms),
    timer === undefined ? '' : ms(timer.p99),
  ])
  const table = [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return [`${setting}. In ms.`, '', ...table, ''].join('\n')
}

/** @param {number} value */
function ms(value) {
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}
