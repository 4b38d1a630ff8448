#!/usr/bin/env node
// `npx spindle-worker`

import { run } from '@spindle/task'
import { reasonOf } from '@spindle/thread/internal'
import { Command, InvalidArgumentError } from 'commander'
import { runWorker } from './run-worker.ts'
import type { WorkerEvent, WorkerOptions } from './worker-options.ts'

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
  .option('--grace <ms>', 'how long calls may take to end after SIGTERM', integer(0), 10_000)
  .option('--lock <ms>', 'after how long without a renewal another worker takes the calls', integer(100), 30_000)
  .option('--max-lost <n>', 'how often the workers of a call may be lost before it fails', integer(1), 3)
  .option('--limit <n/ms>', 'how many calls may start in how many ms, for all workers together: 100/1000', limit)
  .option('--health <port>', 'answers GET /health', integer(0))
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

const log = json ? logJson : logForPeople()
try {
  const worker = runWorker({ ...options, modules, signal: stopping.signal, onEvent: log })
  await run(worker, { interrupt: false, signal: atOnce.signal })
  process.exit(0) // a function may have left a timer or a socket behind
} catch (error) {
  if (atOnce.signal.aborted && error === atOnce.signal.reason) process.exit(0)
  process.stderr.write(`spindle-worker: ${reasonOf(error)}\n`)
  process.exit(1)
}

function collect(path: string, before: string[] = []): string[] {
  return [...before, path]
}

function limit(text: string): { max: number; duration: number } {
  const [, max, duration] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (max === undefined || duration === undefined || Number(max) < 1 || Number(duration) < 1)
    throw new InvalidArgumentError('Write how many calls in how many ms: 100/1000.')
  return { max: Number(max), duration: Number(duration) }
}

function unknown(text: string): 'fail' | 'give-back' {
  if (text !== 'fail' && text !== 'give-back') throw new InvalidArgumentError('It is fail or give-back.')
  return text
}

function logJson(event: WorkerEvent): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
}

/** Prints a line for each rare event and, on a terminal, one status line. */
function logForPeople(): (event: WorkerEvent) => void {
  const counts = { running: 0, done: 0, failed: 0, cancelled: 0, 'given-back': 0 }
  const isTerminal = process.stderr.isTTY
  let isDue = false
  const show = (): void => {
    isDue = false
    const text = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
    process.stderr.write(`\r\x1b[K${text.join(', ')}`)
  }
  const line = (text: string): void => void process.stderr.write(`${isTerminal ? '\r\x1b[K' : ''}${text}\n`)
  return (event) => {
    if (event.event === 'begun') counts.running++
    else if ('id' in event) {
      counts.running = Math.max(0, counts.running - 1)
      counts[event.event]++
      if (event.event === 'failed') line(`${event.name}() failed: ${event.error} (${event.id})`)
    } else if (event.event === 'ready')
      line(`spindle-worker: queue '${options.queue}', ready for ${event.functions.join(', ')}`)
    else if (event.event === 'warning') line(`spindle-worker: ${event.message}`)
    else line(`spindle-worker: ${event.event}`)
    if (!isTerminal || isDue) return
    isDue = true
    setTimeout(show, 200).unref()
  }
}
