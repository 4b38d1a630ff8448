// `pnpm bench handler`: the cost of a request in `handler()`, compared with an async function in its place. Both wait
// twice for a promise and answer. The client is wrk, which needs less CPU than the server, so the server is the
// bottleneck. The figure is the server's CPU time, in alternating rounds.

import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { duration } from '../harness/progress.js'
import { buildSpindle } from '../harness/spindle-build.js'
import { median } from '../lib/median.js'
import { optionsOf, refuse } from '../lib/options.js'

/** Each contender, and the one it is compared with. @type {Record<string, string>} */
const REFERENCES = {
  async: 'async',
  spindle: 'async',
  'async, stores': 'async, stores',
  'spindle, stores': 'async, stores',
}

const STEADY = 0.05
const MOST_WARM_UPS = 10

const HELP = `pnpm bench handler [options]
  --rounds n              how often each takes its turn: 9
  --seconds n             how long a turn is: 2
  --connections n         how many the client has open: 64`

const options = optionsOf(HELP, {
  rounds: { type: 'string', default: '9' },
  seconds: { type: 'string', default: '2' },
  connections: { type: 'string', default: '64' },
})

for (const [name, value] of Object.entries(options)) {
  if (!/^[1-9]\d*$/.test(value)) refuse(`--${name} must be a whole number above 0, got ${value}`)
}
if (spawnSync('wrk', ['-v']).error) refuse('pnpm bench handler needs wrk: install it (apt-get install wrk)')
await buildSpindle()

/** V8 grows the young generation unpredictably, which would decide how often garbage is collected. */
const SAME_HEAP = ['--min-semi-space-size=16', '--max-semi-space-size=16']

/** @typedef {{ cpu: number, served: number, memory: number }} State */

/** Starts a server in a separate process. @param {string} name */
async function start(name) {
  const script = fileURLToPath(new URL('server.js', import.meta.url))
  const child = spawn(process.execPath, [...SAME_HEAP, script, name], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const port = (await lines.next()).value
  const state = async () => {
    child.stdin.write('\n')
    return /** @type {State} */ (JSON.parse((await lines.next()).value))
  }
  return { name, port, state, stop: () => child.stdin.end() }
}

/** @param {string} port @param {string} seconds */
function load(port, seconds) {
  const args = ['-t', '1', '-c', String(options.connections), '-d', `${seconds}s`, `http://127.0.0.1:${port}/`]
  return new Promise((resolve, reject) => {
    spawn('wrk', args, { stdio: 'ignore' })
      .on('error', reject)
      .on('exit', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`wrk ended with ${code}`))))
  })
}

/** µs of CPU for a request. @param {Awaited<ReturnType<typeof start>>} server @param {string} seconds */
async function cost({ port, state }, seconds) {
  const before = await state()
  await load(port, seconds)
  const after = await state()
  return (after.cpu - before.cpu) / (after.served - before.served)
}

/**
 * Until two seconds cost the same: on a busy machine, a second is too short to compile everything.
 *
 * @param {Awaited<ReturnType<typeof start>>} server
 */
async function warmUp(server) {
  let latest = await cost(server, '1')
  for (let n = 1; n < MOST_WARM_UPS; n++) {
    const before = latest
    latest = await cost(server, '1')
    if (Math.abs(latest - before) < STEADY * before) break
  }
}

const servers = await Promise.all(Object.keys(REFERENCES).map(start))
/** µs of CPU per request, in each round. @type {Record<string, number[]>} */
const costs = Object.fromEntries(servers.map(({ name }) => [name, []]))
const rounds = Number(options.rounds)
const expected = rounds * servers.length * Number(options.seconds) + 3 * servers.length
process.stderr.write(`${servers.length} servers, ${rounds} rounds, ${duration(expected)} on a quiet machine.\n`)
for (const server of servers) await warmUp(server)
for (let round = 0; round < rounds; round++) {
  for (const server of servers) costs[server.name]?.push(await cost(server, options.seconds))
  process.stderr.write(`[${round + 1}/${rounds}] `)
}
process.stderr.write('\n')
for (const [name, reference] of Object.entries(REFERENCES)) {
  const own = costs[name] ?? []
  const ratios = own.map((cost, round) => cost / (costs[reference]?.[round] ?? Number.NaN))
  const state = await servers.find((server) => server.name === name)?.state()
  console.log(
    `${name.padEnd(16)} ${median(own).toFixed(1).padStart(6)} µs a request  ${median(ratios).toFixed(2)} × ${reference}` +
      `   ${state?.served} requests, heap ${((state?.memory ?? 0) / 1e6).toFixed(1)} MB`,
  )
}
for (const { stop } of servers) stop()
