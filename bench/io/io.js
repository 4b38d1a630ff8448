// `npm run bench io`: TCP echo with Spindle's streams, with plain `node:net`, and with asyncio's streams. See
// bench/NOTES.md.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildSpindle } from '../harness/spindle-build.js'
import { replaceTables } from '../harness/write-tables.js'
import { median } from '../lib/median.js'
import { chosenNames, optionsOf, refuse } from '../lib/options.js'

const REFERENCE = 'callbacks'

/** The contenders, each with the command that runs it. @type {Record<string, { what: string, command: string[] }>} */
const CONTENDERS = {
  callbacks: { what: '`node:net`, callbacks', command: [process.execPath, path('server.js'), 'callbacks'] },
  'async-await': {
    what: '`node:net`, `for await (const chunk of socket)` in an async function',
    command: [process.execPath, path('server.js'), 'async-await'],
  },
  spindle: {
    what: 'Spindle, `reader.read()` and `writer.drain()` in a coroutine',
    command: [process.execPath, path('server.js'), 'spindle'],
  },
  asyncio: {
    what: "Python's asyncio, `reader.read()` and `writer.drain()` in a coroutine",
    command: ['python3', path('contenders/asyncio_streams.py')],
  },
  uvloop: {
    what: 'the same on uvloop',
    command: ['python3', path('contenders/asyncio_streams.py'), 'uvloop'],
  },
}

// A server that was less busy waited for the clients: then the clients were measured.
const SATURATED = 0.9

const BEGIN = '<!-- npm run bench io -->'

/**
 * @typedef {{ cpu: number, wall: number, busy: number }} Took µs per request, and the share of the time in which the
 * server was busy.
 * @typedef {Record<string, Took[]>} Rounds by contender
 */

const HELP = `npm run bench io [options]
  --quick                 fewer rounds
  --only a,b              ${Object.keys(CONTENDERS).join(', ')}
  --connections a,b       how many clients: 100,1000
  --markdown <file>       writes the tables into a file that has the line for them`

const options = optionsOf(HELP, {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  connections: { type: 'string', default: '100,1000' },
  markdown: { type: 'string' },
})

// Server and clients get a core each, if there are two and the system allows pinning.
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', process.execPath, '-v']).status === 0
const python = spawnSync('python3', ['-c', 'import asyncio, platform; print(platform.python_version())'], {
  encoding: 'utf8',
})
const names = [...chosenNames('--only', options.only, Object.keys(CONTENDERS))]
/** Contenders that cannot run here, and why. @type {Map<string, string>} */
const skipped = new Map()
if (python.status !== 0) skipped.set('asyncio', 'there is no `python3` here')
if (spawnSync('python3', ['-c', 'import uvloop']).status !== 0) skipped.set('uvloop', 'it is not installed here')
for (const name of skipped.keys()) {
  if (names.includes(name)) names.splice(names.indexOf(name), 1)
  else skipped.delete(name)
}

const clientsCommand = buildClients()
await buildSpindle()
const text = report(await measure())
console.log(text)
if (options.markdown !== undefined) replaceTables(options.markdown, BEGIN, text)

async function measure() {
  /** @type {Record<string, Rounds>} */
  const results = {}
  for (const connections of options.connections.split(',')) {
    process.stderr.write(`${connections} connections … `)
    /** @type {Rounds} */
    const rounds = Object.fromEntries(names.map((name) => [name, []]))
    results[connections] = rounds
    const order = [...names]
    for (let n = 0; n < (options.quick ? 3 : 5); n++) {
      for (const name of order) rounds[name]?.push(await round(name, connections))
      order.push(...order.splice(0, 1)) // no contender is always first
      process.stderr.write('.')
    }
    process.stderr.write('\n')
  }
  return results
}

/**
 * Starts new servers and clients, so that one round does not affect the next.
 *
 * @param {string} name
 * @param {string} connections
 * @returns {Promise<Took>}
 */
async function round(name, connections) {
  const server = await start('1', CONTENDERS[name]?.command ?? [])
  const clients = await start('0', [...clientsCommand, `${server.ready}`, connections])
  await clients.ask('3000 40000') // a warm-up, by number: the engine counts calls to decide what it compiles
  const before = await server.ask('')
  const { requests, ms } = await clients.ask('1000 Infinity')
  const cpu = (await server.ask('')) - before
  clients.end()
  server.end()
  return { cpu: cpu / requests, wall: (ms * 1e3) / requests, busy: cpu / (ms * 1e3) }
}

function buildClients() {
  const program = join(mkdtempSync(join(tmpdir(), 'spindle-bench-')), 'load')
  if (spawnSync('cc', ['-O2', '-o', program, path('load.c')]).status !== 0) refuse('the clients need a C compiler: cc')
  return [program]
}

/**
 * @param {string} core
 * @param {string[]} command
 */
async function start(core, command) {
  const [program = '', ...args] = canPin ? ['taskset', '-c', core, ...command] : command
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { done, value } = await lines.next()
    if (done) throw new Error(`${command.join(' ')} ended too early`)
    return JSON.parse(value)
  }
  const ready = await answer()
  const ask = (/** @type {string} */ line) => {
    child.stdin.write(`${line}\n`)
    return answer()
  }
  return { ready, ask, end: () => child.kill('SIGKILL') }
}

/** @param {Record<string, Rounds>} results */
function report(results) {
  const versions = names.includes('asyncio') ? `, Python ${python.stdout.trim()}` : ''
  const cores = canPin ? 'server and clients have a core each' : 'server and clients share the cores'
  const lines = [`Node ${process.versions.node}${versions}; ${cores}.`, '']
  lines.push(...names.map((name) => `- \`${name}\`: ${CONTENDERS[name]?.what}`))
  for (const [name, why] of skipped) lines.push(`- \`${name}\` is not measured: ${why}`)
  const least = Math.min(
    ...Object.values(results).flatMap((rounds) => names.map((name) => busyness(rounds[name] ?? []))),
  )
  lines.push('', `The servers were busy ${Math.round(least * 100)} % of the time or more.`)
  if (least < SATURATED)
    lines.push('That is less than they could do: the clients were too slow, and the figures say little.')
  lines.push('', `CPU time of the server, × ${REFERENCE} in the same round:`, '', ...table(results, ratio('cpu')))
  lines.push('', `Requests per second, × ${REFERENCE} in the same round:`, '', ...table(results, ratio('wall')))
  const cpu = (/** @type {Took[]} */ own) => own.map((took) => took.cpu)
  lines.push('', 'CPU time of the server for a request, in µs, the median and the least:', '')
  lines.push(...table(results, (own) => `${median(cpu(own)).toFixed(1)} (${Math.min(...cpu(own)).toFixed(1)})`))
  lines.push('', 'Requests per second, the median:', '')
  lines.push(...table(results, (own) => (1e6 / median(own.map(({ wall }) => wall))).toFixed(0)))
  return [...lines, ''].join('\n')
}

/**
 * @param {Record<string, Rounds>} results
 * @param {(own: Took[], reference: Took[]) => string} show
 */
function table(results, show) {
  const rows = Object.entries(results).map(([connections, rounds]) => [
    `${connections} connections`,
    ...names.map((name) => show(rounds[name] ?? [], rounds[REFERENCE] ?? [])),
  ])
  return [['', ...names], ['---', ...names.map(() => '--:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

/** @param {Took[]} own */
function busyness(own) {
  return median(own.map(({ busy }) => busy))
}

/** @param {'cpu' | 'wall'} which For wall time, the rate: more is better. */
function ratio(which) {
  return (/** @type {Took[]} */ own, /** @type {Took[]} */ reference) => {
    const ratios = own.map((took, n) => took[which] / (reference[n]?.[which] ?? Number.NaN))
    return median(which === 'cpu' ? ratios : ratios.map((one) => 1 / one)).toFixed(2)
  }
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}
