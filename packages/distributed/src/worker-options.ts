import { hostname } from 'node:os'
import { checkOptions, repr } from 'spindle/internal'
import type { PlatformAbortSignal } from 'spindle/types'
import { checkInteger } from './call-options.ts'
import type { Codec } from './codec.ts'
import { checkedQueue, checkedUrl } from './distributed-executor.ts'
import type { HealthAddress } from './worker-health.ts'

/** An event of a worker, for logs. */
export type WorkerEvent =
  | { readonly event: 'ready'; readonly functions: readonly string[] }
  | { readonly event: 'begun' | 'done' | 'cancelled' | 'given-back'; readonly id: string; readonly name: string }
  | { readonly event: 'failed'; readonly id: string; readonly name: string; readonly error: string }
  | { readonly event: 'warning'; readonly message: string }
  | { readonly event: 'stopping' | 'stopped' }

/** Options of a worker. */
export interface WorkerOptions {
  /** The modules whose exported functions it runs: paths or URLs. */
  readonly modules: readonly (string | { readonly href: string })[]
  /** @default as for DistributedExecutor */
  readonly url?: string | undefined
  /** @default 'spindle' */
  readonly queue?: string | undefined
  /** Its name in `status()`. @default host name and process id */
  readonly name?: string | undefined
  /** How many calls run concurrently. @default 8 */
  readonly concurrency?: number | undefined
  /** How many threads run plain functions. @default 2 */
  readonly threads?: number | undefined
  /** How many ms calls may take to end when the worker stops. @default 10_000 */
  readonly graceTime?: number | undefined
  /** After how many ms without a renewal another worker takes its calls, at the earliest. @default 30_000 */
  readonly lock?: number | undefined
  /** How often the workers of a call may be lost before it fails. @default 3 */
  readonly maxLost?: number | undefined
  /** How many calls may start within how many ms, for all workers together. @default no limit */
  readonly rateLimit?: { readonly max: number; readonly duration: number } | undefined
  /** Where it answers `GET /health`: a port of 127.0.0.1, or an address. @default nowhere */
  readonly health?: number | HealthAddress | undefined
  /** Only functions with these names are run; `*` stands for any text: `['jobs.*']`. @default all */
  readonly only?: readonly string[] | undefined
  /** `'v8'`: also reads what executors with that codec have written. @default 'devalue' */
  readonly codec?: Codec | undefined
  /** What to do with a call whose function it does not have. @default 'fail' */
  readonly unknown?: 'fail' | 'give-back' | undefined
  /** How many ms it waits for a connection at the start. @default 10_000 */
  readonly connectTimeout?: number | undefined
  /** When it aborts, the worker takes no new calls, gives running calls `graceTime` ms, and ends. */
  readonly signal?: PlatformAbortSignal | undefined
  /** Called with each event. */
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined
}

type Optional = 'rateLimit' | 'signal'

/** All options, with their defaults. */
export type CheckedWorkerOptions = Pick<WorkerOptions, Optional> & {
  readonly [K in Exclude<keyof WorkerOptions, Optional | 'health'>]-?: Exclude<WorkerOptions[K], undefined>
} & { readonly health: HealthAddress | undefined }

const NAMES = [
  ...[
    'modules',
    'url',
    'queue',
    'name',
    'concurrency',
    'threads',
    'graceTime',
    'lock',
    'maxLost',
    'rateLimit',
    'health',
  ],
  ...['only', 'codec', 'unknown', 'connectTimeout', 'signal', 'onEvent'],
]

/** @throws TypeError or RangeError */
export function checkedWorkerOptions(options: WorkerOptions): CheckedWorkerOptions {
  checkOptions('runWorker()', options, NAMES)
  const { modules, rateLimit, unknown = 'fail', name = `${hostname()}-${process.pid}` } = options
  if (!Array.isArray(modules) || modules.length === 0)
    throw new TypeError(`modules must be a list of at least one module, got ${repr(modules)}`)
  const {
    concurrency = 8,
    threads = 2,
    graceTime = 10_000,
    lock = 30_000,
    maxLost = 3,
    connectTimeout = 10_000,
  } = options
  checkInteger('concurrency', concurrency, 1)
  checkInteger('threads', threads, 1)
  checkInteger('graceTime', graceTime, 0)
  checkInteger('lock', lock, 100)
  checkInteger('maxLost', maxLost, 1)
  checkInteger('connectTimeout', connectTimeout, 1)
  checkInteger('rateLimit.max', rateLimit?.max, 1)
  checkInteger('rateLimit.duration', rateLimit?.duration, 1)
  if (unknown !== 'fail' && unknown !== 'give-back')
    throw new RangeError(`unknown must be 'fail' or 'give-back', got ${repr(unknown)}`)
  const { only = ['*'], codec = 'devalue' } = options
  if (!Array.isArray(only) || !only.every((pattern) => typeof pattern === 'string'))
    throw new TypeError(`only must be a list of names, got ${repr(only)}`)
  if (codec !== 'devalue' && codec !== 'v8') throw new RangeError(`codec must be 'devalue' or 'v8', got ${repr(codec)}`)
  const common = {
    only,
    codec,
    modules,
    name,
    concurrency,
    threads,
    graceTime,
    lock,
    maxLost,
    connectTimeout,
    rateLimit,
    unknown,
  }
  return {
    ...common,
    url: checkedUrl(options.url),
    queue: checkedQueue(options.queue),
    health: checkedHealth(options.health),
    signal: options.signal,
    onEvent: options.onEvent ?? (() => {}),
  }
}

function checkedHealth(health: WorkerOptions['health']): HealthAddress | undefined {
  if (health === undefined) return undefined
  const address = typeof health === 'object' && health !== null ? health : { port: health }
  checkOptions('health', address, ['port', 'host'])
  const { port, host } = address
  checkInteger('health', port, 0)
  if (port > 65_535) throw new RangeError(`health must be a port, at most 65535, got ${port}`)
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    throw new TypeError(`health.host must be an address, got ${repr(host)}`)
  return address
}
