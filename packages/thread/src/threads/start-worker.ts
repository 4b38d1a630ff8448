import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads'
import type { FunctionReference } from '../transport/function-reference.ts'
import type { Movable, Parcel } from '../transport/serialize.ts'
import type { ResourceLimits } from './resource-limits.ts'
import type { WorkerOptions } from './worker-options.ts'

/** What a worker gets to start with. */
export interface StartMessage {
  readonly target: FunctionReference
  readonly args: Parcel
  /** `[thread, mainThread]` */
  readonly threads: Parcel
  /** The cell of the thread's ThreadState. */
  readonly state: Int32Array
  /** A Refusal comes through it, if the target was not found. */
  readonly port: MessagePort
  /** Nothing comes through it. It closes when the worker ends. */
  readonly lifeline: MessagePort
  /** What `workerData` is there. */
  readonly workerData: Parcel
  readonly stdio: WorkerOptions['stdio']
}

/** Why a thread was not started. */
export interface Refusal {
  readonly type: 'TypeError' | 'RuntimeError'
  readonly message: string
  readonly cause?: unknown
}

/** Starts a worker that runs `worker-main`, and loads modules as this thread does: through tsx, if that runs here. */
export function startWorker(
  name: string,
  message: StartMessage,
  transfer: Movable[],
  resourceLimits: ResourceLimits | undefined,
  { env, argv }: WorkerOptions,
): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js' // from source, or built
  const main = new URL(`./worker-main.${extension}`, import.meta.url).href
  const loader =
    ownLoader() ?? (needsTsx(message.target.module) || needsTsx(main) ? findTsx(message.target.module) : undefined)
  return new Worker(BOOTSTRAP, {
    eval: true,
    name,
    argv: [...(argv ?? process.argv.slice(2))],
    env: env ?? SHARE_ENV,
    stdout: message.stdio === 'pipe',
    stderr: message.stdio === 'pipe',
    workerData: { main, loader, message },
    transferList: transfer,
    ...(resourceLimits && { resourceLimits }),
  })
}

/**
 * The URL of a module whose `register()` makes a worker load what this thread can. A loader that is not tsx puts it here, as
 * Node's workers do not inherit loaders before Node 22.
 */
function ownLoader(): string | undefined {
  return Reflect.get(globalThis, Symbol.for('spindle.loader')) as string | undefined
}

/** What a process has to load before it can load our `main`: it has tsx already, if it was given by an option. */
export function loaderForProcess(main: string): string | undefined {
  return needsTsx(main) && !TSX_OPTION.test(options()) ? findTsx(main) : undefined
}

// Plain JavaScript in a string, as nothing is there yet that could load a .ts file. It is a script or a module,
// depending on the options this process was started with: so it only uses what both have.
const BOOTSTRAP = `
import('node:worker_threads').then(async ({ workerData: { main, loader, message } }) => {
  try {
    if (loader !== undefined) (await import(loader)).register()
    var { runThread } = await import(main)
  } catch (cause) {
    message.port.postMessage({ type: 'RuntimeError', message: 'the thread could not be loaded: ' + cause, cause })
    throw cause
  }
  await runThread(message)
})`

function needsTsx(module: string): boolean {
  if (TSX_OPTION.test(options())) return true // this process runs through it
  if (!/\.[cm]?tsx?(?:[?#]|$)/.test(module)) return false
  const stripsTypes = Boolean((process.features as { readonly typescript?: unknown }).typescript) // Node ≥ 22.18
  return !stripsTypes || process.env['VITEST'] !== undefined // which compiles more of TypeScript than Node strips
}

/**
 * The module by which tsx is put in charge of a thread: the tsx that the module itself would import, or the one that runs
 * this process. Never one of the working directory, which may be anybody's.
 */
function findTsx(module: string): string | undefined {
  for (const from of [module, import.meta.url]) {
    try {
      const commonJs = pathToFileURL(createRequire(from).resolve('tsx/esm/api'))
      return new URL('./index.mjs', commonJs).href // beside it stands the one that registers for `import`
    } catch {
      // not installed there
    }
  }
  const running = TSX_OPTION.exec(options())?.[0] // npx tsx program.ts
  return running?.startsWith('file:') ? new URL('./esm/api/index.mjs', running).href : undefined
}

const TSX_OPTION = /(?<=^|[\s=])(?:file:\S*\/tsx\/dist\/\S+|tsx)(?=\s|$)/

function options(): string {
  return [...process.execArgv, process.env['NODE_OPTIONS']].join(' ')
}
