#!/usr/bin/env node

// `npx spindle-worker`

import { Command, InvalidArgumentError } from 'commander'
import { run } from 'spindle'
import { printable } from 'spindle/internal'
import { reasonOf } from 'spindle/internal/thread'
import { importSource, urlOf } from './working/functions.ts'
import { runWorker } from './working/run-worker.ts'
import type { HealthAddress } from './working/worker-health.ts'
import { logForPeople, logJson } from './working/worker-log.ts'
import type { WorkerOptions } from './working/worker-options.ts'

const command = new Command('spindle-worker')
  .description('Runs calls of a DistributedExecutor: the exported functions of modules.')
  .option('--module <path...>', 'the modules whose functions to run')
  .option('--url <url>', 'where Redis is (default: SPINDLE_REDIS_URL, REDIS_URL, redis://127.0.0.1:6379)')
  .option('--queue <name>', 'the name of the queue (default: spindle)')
  .option('--name <name>', 'what status() calls it (default: host name and process id)')
  .option('--concurrency <n>', 'how many calls run concurrently (default: 8)', numberFrom)
  .option('--threads <n>', 'how many threads run plain functions (default: 2)', numberFrom)
  .option('--grace-time <ms>', 'how long calls may take to end after SIGTERM (default: 10000)', numberFrom)
  .option('--lock <ms>', 'after how long without a renewal another worker takes the calls (default: 30000)', numberFrom)
  .option('--max-lost <n>', 'how often the workers of a call may be lost before it fails (default: 3)', numberFrom)
  .option('--health <[host:]port>', 'answers GET /health; on 127.0.0.1, unless a host is given', healthAddress)
  .option('--only <name...>', 'which functions to run; * stands for any text: jobs.*')
  .option('--any-code', 'also runs calls of programs in which the function has other code')
  .option('--connect-timeout <ms>', 'how long to look for Redis at the start (default: 10000)', numberFrom)
  .option('--config <path>', 'a module whose default export has further options of runWorker()')
  .option('--json', 'writes a line of JSON for each event')
  .showHelpAfterError('(spindle-worker --help lists the options)')

interface Given extends Omit<WorkerOptions, 'modules' | 'signal' | 'onEvent'> {
  readonly module?: string[]
  readonly config?: string
  readonly json?: boolean
}

const given = command.parse().opts<Given>()
// In the words of commander, which would say it before it names an option that it does not know.
const { module: modules = command.error("error: required option '--module <path...>' not specified") } = given
const { module: _, config, json, ...options } = given
const stopping = new AbortController()
const atOnce = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    if (atOnce.signal.aborted)
      process.exit(1) // a coroutine refuses to be cancelled
    ;(stopping.signal.aborted ? atOnce : stopping).abort()
  })

// npx runs this program in a shell. That ends by the SIGTERM which npx passes on, and does not pass it on itself.
if (process.env['npm_command'] === 'exec') {
  const { ppid } = process
  const timer = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(timer)
    stopping.abort()
  }, 500)
  timer.unref()
}

const { stdout, stderr } = process
const log = json
  ? logJson((text) => void stdout.write(text))
  : logForPeople((text) => void stderr.write(text), options.queue ?? 'spindle')
try {
  const further = config === undefined ? {} : (await importSource(urlOf(config)))['default']
  const worker = runWorker({ ...(further as object), ...options, modules, signal: stopping.signal, onEvent: log })
  await run(worker, { interrupt: false, signal: atOnce.signal })
  process.exit(0) // a function may have left a timer or a socket behind
} catch (error) {
  if (atOnce.signal.aborted && error === atOnce.signal.reason) process.exit(0)
  stderr.write(`spindle-worker: ${printable(reasonOf(error), 10_000)}\n`)
  process.exit(1)
}

function numberFrom(text: string): number {
  const number = Number(text)
  if (Number.isNaN(number)) throw new InvalidArgumentError('Write a number.')
  return number
}

function healthAddress(text: string): HealthAddress {
  const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(text) ?? []
  if (port === undefined) throw new InvalidArgumentError('Write a port, or host:port.')
  return { port: Number(port), host: host?.replace(/^\[(.*)\]$/, '$1') }
}
