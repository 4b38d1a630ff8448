import { hostname } from 'node:os'
import { checkOptions, repr } from 'spindle/internal'
import type { PlatformAbortSignal } from 'spindle/types'
import { checkInteger } from '../calls/call-options.ts'
import { CONNECTION_NAMES, type ConnectionOptions, checkedConnection } from '../redis/connection-options.ts'
import type { HealthAddress } from './worker-health.ts'

/** An event of a worker, for logs. */
export type WorkerEvent =
  | { readonly event: 'ready'; readonly functions: readonly string[] }
  | { readonly event: 'begun' | 'done' | 'cancelled' | 'given-back'; readonly id: string; readonly name: string }
  | { readonly event: 'failed'; readonly id: string; readonly name: string; readonly error: string }
  | { readonly event: 'warning'; readonly message: string }
  | { readonly event: 'stopping' | 'stopped' }

/** Options of a worker. */
export interface WorkerOptions extends ConnectionOptions {
  /** The modules whose exported functions it runs: paths or URLs. */
  readonly modules: readonly (string | { readonly href: string })[]
  /** The name of the worker in `status()`. @default host name and process id */
  readonly name?: string | undefined
  /** How many calls run concurrently. @default 8 */
  readonly concurrency?: number | undefined
  /** How many threads run plain functions. @default 2 */
  readonly threads?: number | undefined
  /** How many ms calls have to end when the worker stops. @default 10_000 */
  readonly graceTime?: number | undefined
  /** After how many ms without a renewal another worker takes its calls, at the earliest. @default 30_000 */
  readonly lock?: number | undefined
  /** How often the workers of a call may be lost before it fails. @default 3 */
  readonly maxLost?: number | undefined
  /** The address for `GET /health`: a port of 127.0.0.1, or host and port. @default nowhere */
  readonly health?: number | HealthAddress | undefined
  /** Only functions with these names are run; `*` matches any text: `['jobs.*']`. @default all */
  readonly only?: readonly string[] | undefined
  /** Whether it runs calls of programs in which the function has other code. @default false */
  readonly anyCode?: boolean | undefined
  /** When it aborts, the worker takes no new calls, gives running calls `graceTime` ms, and ends. */
  readonly signal?: PlatformAbortSignal | undefined
  /** Called with each event. */
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined
}

/** All options, with their defaults. */
export type CheckedWorkerOptions = ReturnType<typeof checkedConnection> &
  Pick<WorkerOptions, 'signal'> & {
    readonly [K in Exclude<keyof WorkerOptions, keyof ConnectionOptions | 'signal' | 'health'>]-?: Exclude<
      WorkerOptions[K],
      undefined
    >
  } & { readonly health: HealthAddress | undefined }

const LEAST = { concurrency: 1, threads: 1, graceTime: 0, lock: 100, maxLost: 1 } as const
const OTHERS = ['modules', 'name', 'health', 'only', 'anyCode', 'signal', 'onEvent']

/** @throws TypeError or RangeError */
export function checkedWorkerOptions(options: WorkerOptions): CheckedWorkerOptions {
  checkOptions('runWorker()', options, [...CONNECTION_NAMES, ...Object.keys(LEAST), ...OTHERS])
  const { modules, name = `${hostname()}-${process.pid}`, signal, onEvent = () => {} } = options
  const { concurrency = 8, threads = 2, graceTime = 10_000, lock = 30_000, maxLost = 3 } = options
  const { only = ['*'], anyCode = false } = options
  if (!Array.isArray(modules) || modules.length === 0)
    throw new TypeError(`modules must be a list of at least one module, got ${repr(modules)}`)
  const numbers = { concurrency, threads, graceTime, lock, maxLost }
  for (const [option, value] of Object.entries(numbers))
    checkInteger(option, value, LEAST[option as keyof typeof LEAST])
  if (typeof anyCode !== 'boolean') throw new TypeError(`anyCode must be a boolean, got ${repr(anyCode)}`)
  if (!Array.isArray(only) || !only.every((pattern) => typeof pattern === 'string'))
    throw new TypeError(`only must be a list of names, got ${repr(only)}`)
  const health = checkedHealth(options.health)
  return { ...checkedConnection(options), ...numbers, modules, name, only, anyCode, signal, onEvent, health }
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
