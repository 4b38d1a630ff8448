#!/usr/bin/env node

// `npx spindle-worker`

import { Command, InvalidArgumentError } from 'commander'
import { run } from 'spindle'
import { printable } from 'spindle/internal'
import { reasonOf } from 'spindle/internal/thread'
import { runWorker } from './run-worker.ts'
import type { HealthAddress } from './worker-health.ts'
import { logForPeople, logJson } from './worker-log.ts'
import type { WorkerOptions } from './worker-options.ts'

const integer =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be an integer >= ${least}.`)
    return value
  }

const command = new Command('spindle-worker')
  .description('Runs calls of a DistributedExecutor: the exported functions of modules.')
  .requiredOption('--module <path>', 'a module whose functions to run; repeatable', collect)
  .option('--url <url>', 'where Redis is (default: SPINDLE_REDIS_URL, REDIS_URL, redis://127.0.0.1:6379)')
  .option('--queue <name>', 'the name of the queue', 'spindle')
  .option('--name <name>', 'what status() calls it (default: host name and process id)')
  .option('--concurrency <n>', 'how many calls run concurrently', integer(1), 8)
  .option('--threads <n>', 'how many threads run plain functions', integer(1), 2)
  .option('--grace-time <ms>', 'how long calls may take to end after SIGTERM', integer(0), 10_000)
  .option('--lock <ms>', 'after how long without a renewal another worker takes the calls', integer(100), 30_000)
  .option('--max-lost <n>', 'how often the workers of a call may be lost before it fails', integer(1), 3)
  .option(
    '--rate-limit <n/ms>',
    'how many calls may start in how many ms, for all workers together: 100/1000',
    rateLimit,
  )
  .option('--health <[host:]port>', 'answers GET /health; on 127.0.0.1, unless a host is given', healthAddress)
  .option('--only <name>', 'which functions to run; * stands for any text: jobs.*; repeatable', collect)
  .option('--codec <devalue|v8>', 'v8: also reads what executors with that codec have written', codec, 'devalue')
  .option('--unknown <fail|give-back>', 'what to do with calls whose function it does not have', unknown, 'fail')
  .option('--connect-timeout <ms>', 'how long to look for Redis at the start', integer(1), 10_000)
  .option('--json', 'writes a line of JSON for each event')
  .showHelpAfterError('(spindle-worker --help lists the options)')

interface Given extends Omit<WorkerOptions, 'modules' | 'signal' | 'onEvent'> {
  readonly module: string[]
  readonly json?: boolean
}

const { module: modules, json, ...options } = command.parse().opts<Given>()
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
  : logForPeople((text) => void stderr.write(text), options.queue ?? 'spindle', stderr.isTTY)
try {
  const worker = runWorker({ ...options, modules, signal: stopping.signal, onEvent: log })
  await run(worker, { interrupt: false, signal: atOnce.signal })
  process.exit(0) // a function may have left a timer or a socket behind
} catch (error) {
  if (atOnce.signal.aborted && error === atOnce.signal.reason) process.exit(0)
  stderr.write(`spindle-worker: ${printable(reasonOf(error), 10_000)}\n`)
  process.exit(1)
}

function collect(path: string, before: string[] = []): string[] {
  return [...before, path]
}

function healthAddress(text: string): HealthAddress {
  const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(text) ?? []
  if (port === undefined) throw new InvalidArgumentError('Write a port, or host:port.')
  return { port: Number(port), host: host?.replace(/^\[(.*)\]$/, '$1') }
}

function rateLimit(text: string): { max: number; duration: number } {
  const [, max, duration] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (max === undefined || duration === undefined || Number(max) < 1 || Number(duration) < 1)
    throw new InvalidArgumentError('Write how many calls in how many ms: 100/1000.')
  return { max: Number(max), duration: Number(duration) }
}

function codec(text: string): 'devalue' | 'v8' {
  if (text !== 'devalue' && text !== 'v8') throw new InvalidArgumentError('It is devalue or v8.')
  return text
}

function unknown(text: string): 'fail' | 'give-back' {
  if (text !== 'fail' && text !== 'give-back') throw new InvalidArgumentError('It is fail or give-back.')
  return text
}
