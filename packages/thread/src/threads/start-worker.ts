import Module from 'node:module'
import { pathToFileURL } from 'node:url'
import { type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads'
import type { FunctionReference } from '../transport/function-reference.ts'
import { entryPoint, LOAD_OWN, ownFunction } from '../transport/own-functions.ts'
import type { Packed, Transferable } from '../transport/serialize.ts'
import type { ResourceLimits } from './resource-limits.ts'
import type { WorkerOptions } from './worker-options.ts'

/** What a worker gets to start with. */
export interface StartMessage {
  readonly target: FunctionReference
  readonly args: Packed
  /** `[thread, mainThread]` */
  readonly threads: Packed
  /** The cell of the thread's ThreadState. */
  readonly state: Int32Array
  /** A Refusal comes through it, if the target was not found. */
  readonly port: MessagePort
  /** Nothing comes through it. It closes when the worker ends. */
  readonly lifeline: MessagePort
  /** What `workerData` is there. */
  readonly workerData: Packed
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
  transfer: Transferable[],
  resourceLimits: ResourceLimits | undefined,
  { env, argv }: WorkerOptions,
): Worker {
  const entry = entryPoint(import.meta, 'worker-main')
  const loader =
    ownLoader() ??
    (needsTsx(message.target.module) || needsTsx(entry.module) ? findTsx(message.target.module) : undefined)
  return new Worker(BOOTSTRAP, {
    eval: true,
    name,
    argv: [...(argv ?? process.argv.slice(2))],
    env: env ?? SHARE_ENV,
    stdout: message.stdio === 'pipe',
    stderr: message.stdio === 'pipe',
    workerData: { entry, loader, message },
    transferList: transfer,
    ...(resourceLimits && { resourceLimits }),
  })
}

/**
 * The URL of a module whose `register()` makes a worker load what this thread can. A loader that is not tsx puts it
 * here, as Node's workers do not inherit loaders before Node 22.
 */
function ownLoader(): string | undefined {
  return Reflect.get(globalThis, Symbol.for('spindle.loader')) as string | undefined
}

/** What a process has to load before it can load our `main`: it has tsx already, if it was given by an option. */
export function loaderForProcess(main: string): string | undefined {
  return needsTsx(main) && !TSX_OPTION.test(options()) ? findTsx(main) : undefined
}

/** The URL of what is to be registered before this process can import `module`; undefined if it can already. */
export function loaderForModule(module: string): string | undefined {
  return ownLoader() === undefined ? loaderForProcess(module) : undefined
}

const BOOTSTRAP = `${LOAD_OWN}
import('node:worker_threads').then(async ({ workerData: { entry, loader, message } }) => {
  try {
    if (loader !== undefined) (await import(loader)).register()
    var runThread = await loadOwn(entry, 'runThread')
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
 * The module by which tsx is put in charge of a thread: the tsx that the module itself would import, or the one that
 * runs this process. Never one of the working directory, which may be anybody's.
 */
function findTsx(module: string): string | undefined {
  const own: string | undefined = import.meta.url // undefined in a bundle that is CommonJS
  for (const from of [module, own]) {
    try {
      if (from === undefined) continue
      const commonJs = pathToFileURL(Module.createRequire(from).resolve('tsx/esm/api'))
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

ownFunction(import.meta, 'runThread', async (message: StartMessage) => {
  // `as string` hides it from the linter, not from a bundler: a cycle, but one that is entered when all is loaded.
  const main = (await import('./worker-main.ts' as string)) as { runThread(message: StartMessage): Promise<void> }
  await main.runThread(message)
})
