import { statSync } from 'node:fs'
import { checkEnvironment, repr } from '@spindle/loop/internal'
import { packAndSend } from '../transport/serialize.ts'

/** The environment of the functions that run on a thread. */
export interface WorkerOptions {
  /**
   * Its `process.env`, a copy, which replaces that of the program: `{ ...process.env, MODE: 'batch' }`. @default shared
   * with this thread
   */
  readonly env?: Environment | undefined
  /** Its `process.argv`, from the third on. @default the arguments of the program */
  readonly argv?: readonly string[] | undefined
  /** A clone of it is the `workerData` of `node:worker_threads` there. @default undefined */
  readonly workerData?: unknown
  /**
   * The destination of its output: it appears at once, or is discarded (`ignore`), or this thread can read it (`pipe`).
   * @default 'inherit'
   */
  readonly stdio?: 'inherit' | 'ignore' | 'pipe' | undefined
}

/** Environment variables by name. An undefined variable is left out. */
export type Environment = Readonly<Record<string, string | undefined>>

export const WORKER_OPTIONS: readonly string[] = ['env', 'argv', 'workerData', 'stdio']

/** @throws TypeError for what Node would refuse later, or would take for something else */
export function checkedWorkerOptions({ env, argv, workerData, stdio = 'inherit' }: WorkerOptions): WorkerOptions {
  if (!['inherit', 'ignore', 'pipe'].includes(stdio))
    throw new TypeError(`stdio must be 'inherit', 'ignore' or 'pipe', got ${repr(stdio)}`)
  if (argv !== undefined && !(Array.isArray(argv) && argv.every((argument) => typeof argument === 'string')))
    throw new TypeError(`argv must be an array of strings, got ${repr(argv)}`)
  checkCloneable(workerData)
  return { env: checkedEnvironment(env), argv, workerData, stdio }
}

export function checkedEnvironment(env: Environment | undefined): Environment | undefined {
  checkEnvironment(env)
  return env && Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}

/** The path of a folder for a process, whose own error would only say that it can't be started. */
export function checkedFolder(cwd: string | undefined): string | undefined {
  if (cwd === undefined) return undefined
  if (typeof cwd !== 'string') throw new TypeError(`cwd must be a string, got ${repr(cwd)}`)
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new TypeError(`cwd must be the path of a folder, got ${repr(cwd)}`)
  return cwd
}

function checkCloneable(workerData: unknown): void {
  packAndSend(workerData, "workerData can't be sent to another thread", ({ value }, transfer) => {
    if (transfer.length > 0) throw new TypeError('it is cloned for each thread, so nothing in it can be transferred')
    structuredClone(value)
  })
}

/** How much memory a thread may use, in MB, in the words of Node. */
export interface ResourceLimits {
  /** How many MB for what lives on: most of the memory there is. */
  readonly maxOldGenerationSizeMb?: number
  /** How many MB for new objects. */
  readonly maxYoungGenerationSizeMb?: number
  /** How many MB for compiled code. */
  readonly codeRangeSizeMb?: number
  /** How many MB for the stack: calls within calls. @default 4 */
  readonly stackSizeMb?: number
}

/** @throws TypeError or RangeError for values that Node would silently ignore */
export function checkedLimits(limits: ResourceLimits | undefined): ResourceLimits | undefined {
  if (limits === undefined) return undefined
  if (typeof limits !== 'object' || limits === null)
    throw new TypeError(`resourceLimits must be an object, got ${repr(limits)}`)
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.includes(name)) throw new TypeError(`resourceLimits has no ${name}; there are ${LIMITS.join(', ')}`)
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number of MB, got ${repr(value)}`)
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`)
  }
  return limits
}

const LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb']
