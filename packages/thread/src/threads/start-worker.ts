import Module from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads'
import { type Entry, entryPoint, LOAD_OWN } from '../transport/entry-point.ts'
import type { FunctionReference } from '../transport/function-reference.ts'
import { mayRequire } from '../transport/load-module.ts'
import { ownFunction } from '../transport/own-functions.ts'
import type { Packed, Transferable } from '../transport/serialize.ts'
import { loaderForThread, loadersFrom } from '../transport/typescript-loader.ts'
import type { ResourceLimits, WorkerOptions } from './worker-options.ts'

export interface StartMessage {
  readonly name: string
  readonly target: FunctionReference
  readonly args: Packed
  /** `[thread, mainThread]` */
  readonly threads: Packed
  /** The cell of the thread's ThreadState. */
  readonly state: Int32Array
  /** A Refusal comes through it, if the target was not found. It closes when the worker ends. */
  readonly port: MessagePort
  readonly workerData: Packed
  readonly stdio: WorkerOptions['stdio']
  readonly isTestRun: boolean
}

export interface Refusal {
  readonly type: 'TypeError' | 'RuntimeError'
  readonly message: string
  readonly cause?: unknown
}

/** Starts a worker that runs `worker-main`, and loads modules as this thread does, such as through tsx. */
export function startWorker(
  message: StartMessage,
  transfer: Transferable[],
  resourceLimits: ResourceLimits | undefined,
  { env, argv }: WorkerOptions,
): Worker {
  const entry = entryPoint(import.meta, BEGINNING)
  const loader = loaderForThread(message.target.module, entry.module)
  const hasOptions = env?.['NODE_OPTIONS'] !== undefined // which may hook into the loading of modules
  const isRequired = loader === undefined && !entry.isBundle && !hasOptions && mayRequire(entry.module)
  const loaders = loader === undefined ? [] : loadersFrom(loader)
  const path = isRequired ? fileURLToPath(entry.module) : undefined
  return new Worker(BOOTSTRAP, {
    eval: true,
    name: message.name,
    argv: [...(argv ?? process.argv.slice(2))],
    env: env ?? SHARE_ENV,
    stdout: message.stdio === 'pipe',
    stderr: message.stdio === 'pipe',
    workerData: { entry, path, loaders, preload: preloadFor(entry, loader), cache: compileCache(), message },
    transferList: transfer,
    ...(resourceLimits && { resourceLimits }),
  })
}

// The package has one file with all that a thread needs before its first call: see scripts/build.mjs.
const BEGINNING = import.meta.url?.endsWith('.ts') ? 'worker-main' : 'thread-start'

/** The file of Spindle to load before the loader: most modules that a thread loads import it. */
function preloadFor({ module, isBundle }: Entry, loader: string | undefined): string | undefined {
  const isTsx = loader?.endsWith('/esm/api/index.mjs') === true
  return isTsx && !isBundle && module.endsWith('.js') ? new URL('./thread.js', module).href : undefined
}

/** The folder of the program's compile cache, which a worker does not inherit: it would compile .ts files again. */
function compileCache(): string | undefined {
  const { getCompileCacheDir } = Module as { readonly getCompileCacheDir?: () => string | undefined } // Node ≥ 22.1
  const own = getCompileCacheDir?.() // inside the folder that the program named
  return own && dirname(own)
}

// Built files of Spindle are loaded before tsx, which would process them.
const BOOTSTRAP = `${LOAD_OWN}
const start = async ({ workerData: { entry, path, loaders, preload, cache, message } }, require) => {
  if (cache !== undefined) process.getBuiltinModule('module').enableCompileCache(cache)
  const register = async () => {
    for (const loader of loaders) (await import(loader)).register()
    if (loaders.length > 0) globalThis[Symbol.for('spindle.typescript')] = loaders[0]
  }
  try {
    if (preload === undefined) await register()
    var runThread = path && require ? require(path).runThread : await loadOwn(entry, 'runThread')
    if (preload !== undefined) await import(preload).then(register)
  } catch (cause) {
    message.port.postMessage({ type: 'RuntimeError', message: 'the thread could not be loaded: ' + cause, cause })
    throw cause
  }
  await runThread(message, path && require)
}
if (typeof require === 'function') start(require('worker_threads'), require)
else import('node:worker_threads').then(start)`

ownFunction(import.meta, 'runThread', async (message: StartMessage) => {
  // `as string` hides this cycle from the linter, but not from a bundler.
  const main = (await import('./worker-main.ts' as string)) as { runThread(message: StartMessage): Promise<void> }
  await main.runThread(message)
})
