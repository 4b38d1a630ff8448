// Measures how many ms a server in the measured process takes to answer. This process sends one request after another
// on one connection.

import { Agent, get } from 'node:http'
import { median } from '../../lib/median.js'
import { measurer } from '../measurer.js'

const PATIENCE = 3000

/** @type {import('../../bench.js').Measure} */
export async function measureLatency(workload, runtimes, quick) {
  /** @type {Record<string, import('../../bench.js').Figures>} */
  const figures = {}
  for (const runtime of runtimes) {
    const { ask, kill } = measurer(runtime, workload)
    const { port } = await ask('serve')
    figures[runtime.name] = await latency(port, quick ? 1000 : 3000)
    kill() // it may be too busy to read a command
  }
  return figures
}

/**
 * @param {number} port
 * @param {number} duration
 */
async function latency(port, duration) {
  const agent = new Agent({ keepAlive: true })
  const times = []
  const end = performance.now() + duration
  do {
    const start = performance.now()
    if (!(await answered(port, agent))) return { value: Number.POSITIVE_INFINITY }
    times.push(performance.now() - start)
  } while (performance.now() < end || times.length < 6)
  agent.destroy()
  times.shift() // this request opened the connection
  return { value: median(times), worst: Math.max(...times) }
}

/**
 * @param {number} port
 * @param {Agent} agent
 */
function answered(port, agent) {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent, timeout: PATIENCE }, (response) => {
      response.resume()
      response.on('end', () => resolve(true))
    })
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })
}
