// A Redis server and workers for one test, with a free port and a temporary folder.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LOAD_TYPESCRIPT } from '../tooling/run-example.ts'
import { settings } from '../tooling/settings.mjs'

/** Whether redis-server is installed. If not, prints a warning. */
export const hasRedis: boolean = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis)
  console.error(
    '!!! redis-server is not installed: the tests of spindle/distributed are SKIPPED. apt-get install -y redis-server',
  )

export class RedisServer {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'spindle-redis-'))
  port = 0
  #process: ChildProcess | undefined

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts the server, or restarts it with its data on disk. */
  async start(...options: string[]): Promise<this> {
    if (this.port === 0) this.port = await freePort()
    const given = ['--port', String(this.port), '--dir', this.folder, '--save', '', ...options]
    this.#process = spawn('redis-server', [...given, '--bind', '127.0.0.1'], { stdio: 'ignore' })
    children.add(this.#process)
    await until(() => canConnect(this.port), 'redis-server to listen')
    return this
  }

  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? {}
    if (this.#process === undefined || exitCode !== null || signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill(signal)
    await exited
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What the tests of a run share, from shared-redis.setup.ts. */
export interface SharedRedis {
  readonly url: string
  /** For the files of tests. */
  readonly folder: string
  /** What the worker has printed so far: of the queue 'spindle', with the functions of JOBS, called 'common'. */
  readonly output: string
}

export async function sharedRedis(): Promise<SharedRedis> {
  const response = await fetch(settings().redis ?? '')
  return (await response.json()) as SharedRedis
}

/** A proxy between a client and Redis that can cut the network, delay each message, and hold back answers. */
export class CuttableNetwork {
  #target: RedisServer
  readonly #delay: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #isCut = false
  #frozen = new Set<Socket>()
  #held: (() => void)[] | undefined
  #holdAt: { readonly text: string; readonly isHeld: boolean } | undefined
  port = 0
  /** What the clients have sent so far. */
  sent = ''
  /** The last that they have sent with the text `jobs.fixture`: it adds a call. */
  #added: Buffer | undefined

  /** @param delay ms, in each direction */
  constructor(target: RedisServer, delay = 0) {
    this.#target = target
    this.#delay = delay
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<this> {
    this.#server = createServer((near) => {
      if (this.#isCut) return void near.destroy()
      const far = createConnection(this.#target.port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (data) => {
          if (this.#frozen.has(from)) return
          if (from === near) this.sent += data
          if (from === near && data.includes('jobs.fixture')) this.#added = data
          const pass = (): void => void to.write(data)
          const begins = from === far && this.#holdAt !== undefined && data.includes(this.#holdAt.text)
          if (begins && this.#holdAt?.isHeld) this.hold()
          if (from === far && this.#held !== undefined) this.#held.push(pass)
          else if (this.#delay > 0) setTimeout(pass, this.#delay)
          else pass()
          if (begins && this.#held === undefined) this.hold()
        })
        from.on('error', () => {})
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    }).listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
    return this
  }

  /** New connections go to another server, as after a fail-over behind one address. */
  redirect(target: RedisServer): void {
    this.#target = target
  }

  /** Delivers the call that was added last once more: over a connection that has broken, it was sent again. */
  async addLate(): Promise<void> {
    const socket = createConnection(this.#target.port, '127.0.0.1')
    socket.write(this.#added ?? '')
    await once(socket, 'data')
    socket.destroy()
  }

  /** Closes all connections, and refuses new ones until `mend()`. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Drops all that is sent over the present connections, and tells nobody: a router has forgotten them. */
  freeze(): void {
    this.#frozen = new Set(this.#sockets)
  }

  mend(): void {
    this.#isCut = false
  }

  /** Holds back the answers of Redis until `release()`. */
  hold(): void {
    this.#held = []
    this.#holdAt = undefined
  }

  /** Does so when an answer with this text has passed. */
  holdAfter(text: string): void {
    this.#holdAt = { text, isHeld: false }
  }

  /** Does so when an answer with this text comes, and holds that one, too. */
  holdFrom(text: string): void {
    this.#holdAt = { text, isHeld: true }
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const pass of held) pass()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server?.close()
    if (this.#server) await once(this.#server, 'close')
  }
}

// No process outlives the tests, however they end.
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

const MAIN = fileURLToPath(new URL('../../packages/distributed/src/main.ts', import.meta.url))

export const JOBS: string = fileURLToPath(new URL('./jobs.fixture.ts', import.meta.url))

/** A module without the functions of JOBS. */
export const OLD: string = fileURLToPath(new URL('./old.fixture.ts', import.meta.url))

/** A `spindle-worker` in a separate process. */
export class WorkerProcess {
  readonly process: ChildProcess
  output = ''

  constructor(
    url: string,
    args: readonly string[] = [],
    modules: readonly string[] = [JOBS],
    env: NodeJS.ProcessEnv = {},
  ) {
    const all = ['--url', url, '--json', ...modules.flatMap((module) => ['--module', module]), ...args]
    this.process = spawn(process.execPath, ['--max-old-space-size=128', ...LOAD_TYPESCRIPT, MAIN, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    })
    children.add(this.process)
    const take = (text: Buffer): void => {
      this.output += text
    }
    this.process.stdout?.on('data', take)
    this.process.stderr?.on('data', take)
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null
  }

  async ready(): Promise<this> {
    await until(() => this.output.includes('"ready"') || !this.isAlive, 'the worker to be ready')
    if (!this.output.includes('"ready"')) throw new Error(`the worker ended: ${this.output}`)
    return this
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  /** Its exit code, or the signal that ended it. */
  async exited(): Promise<number | string | null> {
    if (this.isAlive) await once(this.process, 'exit')
    return this.process.exitCode ?? this.process.signalCode
  }

  async end(): Promise<void> {
    if (this.isAlive) this.kill('SIGKILL')
    await this.exited()
  }
}

export async function startWorker(url: string, ...args: string[]): Promise<WorkerProcess> {
  return await new WorkerProcess(url, args).ready()
}

/** The file to which jobs write their progress. */
export class Log {
  readonly path: string
  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.log`)
    writeFileSync(this.path, '')
  }

  get lines(): string[] {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').slice(0, -1) : []
  }

  add(line: string): void {
    appendFileSync(this.path, `${line}\n`)
  }

  /** Waits until the line occurs the given number of times. */
  async has(line: string, times = 1): Promise<void> {
    await until(() => this.lines.filter((other) => other === line).length >= times, `'${line}' in ${this.lines}`)
  }
}

/** Waits for a condition that becomes true unless something hangs. */
export async function until(is: () => boolean | Promise<boolean>, what: string, limit = 60_000): Promise<void> {
  const deadline = Date.now() + limit
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => socket.end('PING\r\n'))
    socket.once('data', (data) => resolve(/^\+PONG|^-NOAUTH/.test(String(data))))
    socket.once('error', () => resolve(false))
  })
}
