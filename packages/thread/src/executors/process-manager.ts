// A thread that serves the processes of a pool. It never blocks, so it serves them while the thread of the pool does:
//
//   thread of the pool ──port──▶ manager ──pipe──▶ process        one port for each process

import { AsyncLocalStorage } from 'node:async_hooks'
import type { ChildProcess } from 'node:child_process'
import type { MessagePort } from 'node:worker_threads'
import { wake } from '../shared-memory/wake.ts'
import { printException } from '../threads/this-thread.ts'
import type { Environment } from '../threads/worker-options.ts'
import { type Entry, entryPoint, LOAD_OWN } from '../transport/entry-point.ts'
import { packError } from '../transport/error-record.ts'
import { ownFunction } from '../transport/own-functions.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { isTestRun } from '../transport/test-run.ts'
import { loaderForProcess } from '../transport/typescript-loader.ts'
import { begin } from './claim.ts'
import { MessageLog } from './message-log.ts'
import type { WorkerSetup } from './pool-options.ts'
import type { SharedWithWorker } from './pool-worker.ts'
import { ASK, pipeToProcess } from './process-pipe.ts'
import { type FromWorker, fromWire, isReply, LISTENING, messageWith, type ToWorker } from './protocol.ts'

export type ToManager =
  | {
      readonly kind: 'start'
      readonly number: number
      readonly port: MessagePort
      /** Holds the pid of the process as long as it lives. */
      readonly pid: Int32Array
      readonly shared: SharedWithWorker
    }
  | { readonly kind: 'kill'; readonly number: number; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly kind: 'end' }

/** The data with which the manager starts. */
export interface ProcessManagerOptions {
  readonly port: MessagePort
  /** The wake cell of the thread that owns the pool. */
  readonly ownerWakeCell: Int32Array
  readonly setup: WorkerSetup
  readonly execArgv: readonly string[]
  readonly env: Environment | undefined
  readonly cwd: string | undefined
}

/** The data with which a process starts. */
export interface ProcessStart {
  readonly entry: Entry
  readonly loader: string | undefined
  readonly setup: WorkerSetup
  /** The arguments of the program. */
  readonly argv: readonly string[]
  readonly cwd: string | undefined
  readonly isTestRun: boolean
  /** First element of the pool's messages. Functions in the process may use the same channel. */
  readonly token: string
}

/** Starts processes and relays the messages between them and the pool, until the pool ends it. */
export async function runProcessManager({ port, ...options }: ProcessManagerOptions): Promise<void> {
  const children = new Map<number, ManagedProcess>()
  process.once('exit', () => {
    for (const child of children.values()) child.kill('SIGKILL')
  })
  // A process may write nonsense to its channel, which must end only that process. Node throws an uncaught exception,
  // but in the async context of the start of that process.
  process.on('uncaughtException', (error) => {
    const child = context.getStore()
    if (child !== undefined) return child.refuse(`it sent what can't be read: ${reasonOf(error)}`)
    printException(error)
    process.exit(1)
  })
  await new Promise<void>((resolve) => {
    port.on('message', (message: ToManager) => {
      if (message.kind === 'end') return resolve()
      const { number } = message
      if (message.kind === 'kill') return children.get(number)?.kill(message.signal)
      const child = new ManagedProcess(message, options)
      children.set(number, child)
      context.run(child, () => child.start(() => children.delete(number)))
    })
  })
  port.close()
}

const context = new AsyncLocalStorage<ManagedProcess>()

/** A process of the pool, and the port to its PoolWorker. */
class ManagedProcess {
  readonly #start: ToManager & { kind: 'start' }
  readonly #options: Omit<ProcessManagerOptions, 'port'>
  readonly #log: MessageLog
  readonly #token: string = crypto.randomUUID()
  #child: ChildProcess | undefined
  #tell: ((id: number) => void) | undefined // through the pipe
  #isGone = false

  constructor(start: ToManager & { kind: 'start' }, options: Omit<ProcessManagerOptions, 'port'>) {
    this.#start = start
    this.#options = options
    this.#log = new MessageLog(start.shared.toPool)
  }

  start(onExit: () => void): void {
    const { pid } = this.#start
    let child: ChildProcess
    try {
      child = this.#spawn()
    } catch (error) {
      onExit()
      return this.#end(reasonOf(error)) // such as an option that Node refuses, or no permission
    }
    this.#child = child
    Atomics.store(pid, 0, child.pid ?? 0)
    child.once('exit', () => {
      Atomics.store(pid, 0, 0)
      onExit()
    })
    // At 'exit' its last messages may still be on their way.
    child.once('close', (code, signal) => this.#end(describeEnd(code, signal)))
    child.on('error', (error) => {
      if (child.pid === undefined) this.#end(error.message) // it could not be started
      // Otherwise a message could not be sent: the process has ended, and 'close' reports it.
    })
    this.#tell = pipeToProcess(child, (id) => this.#post({ kind: 'last-begun', id }))
    child.on('message', (received) => this.#receive(child, messageWith<unknown>(this.#token, received)))
  }

  #spawn(): ChildProcess {
    const { execArgv, env } = this.#options
    const { spawn } = process.getBuiltinModule('node:child_process') // a pool of threads does without: it takes 0.1 MB
    return spawn(process.execPath, [...commandLine(execArgv, bootstrap(this.#token))], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      serialization: 'advanced',
      ...(env && { env }),
    })
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child?.kill(signal)
  }

  /** Ends a process that sends an unreadable message. */
  refuse(how: string): void {
    this.kill('SIGKILL')
    this.#end(how)
  }

  #end(how: string): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#post({ kind: 'ended', how })
    this.#start.port.close()
  }

  #post(message: FromWorker): void {
    this.#log.post(this.#start.port, message)
    wake(this.#options.ownerWakeCell)
  }

  #receive(child: ChildProcess, message: unknown): void {
    if (message === undefined) return // a function has sent it
    // A loader (tsx) would take earlier messages.
    if (message === LISTENING) return void child.send([this.#token, this.#startOfProcess()])
    if (!isReply(message)) return this.refuse('it sent a message that no pool process sends')
    if (message.kind === 'ended') return this.#end(String(message.how))
    // Not before the initializer is done: until then calls can be taken back.
    if (message.kind === 'ready') this.#start.port.on('message', (wire) => this.#passOn(child, fromWire(wire)))
    this.#post(message)
  }

  #startOfProcess(): ProcessStart {
    const { setup, cwd } = this.#options
    const entry = entryPoint(import.meta, 'pool-process')
    const [loader, argv] = [loaderForProcess(entry.module), process.argv.slice(2)]
    return { entry, loader, setup, argv, cwd, isTestRun: isTestRun(), token: this.#token }
  }

  #passOn(child: ChildProcess, message: ToWorker): void {
    if (message.kind === 'ask') return this.#tell?.(ASK)
    if (message.kind === 'stop') this.#tell?.(message.id)
    if (!child.connected) return
    try {
      if (message.kind === 'call' && !begin(this.#start.shared.claims, message.id)) return // taken back
      child.send([this.#token, message])
    } catch (cause) {
      if (message.kind !== 'call') throw cause
      const what = `the args of the call can't be sent to another process: ${reasonOf(cause)}`
      const value = packError(new TypeError(what, { cause }))
      this.#post({ kind: 'error', id: message.id, value: { value, standIns: undefined } })
    }
  }
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGABRT') return 'SIGABRT, as when it is out of memory'
  return signal ?? `exit code ${code}`
}

const bootstrap = (token: string): string => `${LOAD_OWN}
process.once('message', async ([, start]) => {
  process.argv.push('[process of a pool]', ...start.argv)
  if (start.cwd !== undefined) process.chdir(start.cwd) // not before: options of Node name files of the folder it started in
  if (start.loader !== undefined) (await import(start.loader)).register()
  await (await loadOwn(start.entry, 'runPoolProcess'))(start)
})
process.send([${JSON.stringify(token)}, '${LISTENING}'])`

function commandLine(execArgv: readonly string[], program: string): readonly string[] {
  const deno = Reflect.get(globalThis, 'Deno') as Deno | undefined
  if (deno === undefined) return [...inheritedOptions(), ...execArgv, '-e', program]
  const granted = PERMISSIONS.filter((name) => deno.permissions.querySync({ name }).state === 'granted')
  // Deno's `-e` cannot import(). Only the option tells a program in a URL about packages in a folder.
  const packages = String(import.meta.url).includes('/node_modules/') ? ['--node-modules-dir=manual'] : []
  const options = [...granted.map((name) => `--allow-${name}`), ...packages, ...execArgv]
  return ['run', ...options, `data:text/javascript,${encodeURIComponent(program)}`]
}

const PERMISSIONS = ['read', 'write', 'net', 'env', 'sys', 'run', 'ffi', 'import']

interface Deno {
  readonly permissions: { querySync(of: { readonly name: string }): { readonly state: string } }
}

/** The options of this process, without programs on its command line and options for debuggers. */
function inheritedOptions(): string[] {
  const options: string[] = []
  for (let index = 0; index < process.execArgv.length; index++) {
    const option = process.execArgv[index] as string
    if (/^(-e|-p|-pe|--eval|--print)$/.test(option)) index++
    else if (!/^--(inspect|eval=|print=|watch|test)/.test(option)) options.push(option)
  }
  return options
}

ownFunction(import.meta, 'runProcessManager', runProcessManager)
ownFunction(import.meta, 'runPoolProcess', async (start: ProcessStart) => {
  const { runPoolProcess } = await import('./pool-process.ts')
  await runPoolProcess(start)
})
