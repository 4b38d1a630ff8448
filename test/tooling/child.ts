// A process of Node that a test starts, watches and ends.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readersEnvironment, root } from './run-example.ts'

const started = new Set<Child>()

/** Ends all that are left, at once. */
export function endAll(): void {
  for (const child of started) child.kill('SIGKILL')
}

export class Child implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #ended: Promise<void>
  #changed = (): void => {}
  /** All it has printed. */
  output = ''

  constructor(args: readonly string[], { cwd = root, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    this.#process = spawn(process.execPath, args, { cwd, env: { ...readersEnvironment(), ...env } })
    started.add(this)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk
        this.#changed()
      })
    }
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', () => {
        started.delete(this)
        this.#changed()
        resolve()
      })
    })
  }

  get signal(): NodeJS.Signals | null {
    return this.#process.signalCode
  }

  get code(): number | null {
    return this.#process.exitCode
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Waits until it has printed something like this, and returns the first group of it. Rejects if it ends before. */
  async printed(pattern: RegExp | string): Promise<string> {
    for (;;) {
      const found = typeof pattern === 'string' ? this.output.includes(pattern) && [pattern] : pattern.exec(this.output)
      if (found) return found[1] ?? found[0] ?? ''
      if (!started.has(this)) throw new Error(`it did not print ${pattern}, but:\n${this.output}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Sends it a signal, and waits until it has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.kill(signal)
    await this.#ended
  }

  /** Waits until it has ended, and returns its exit code. */
  async ended(): Promise<number | null> {
    await this.#ended
    return this.code
  }

  /** The TCP and UDP ports that it listens on, by Linux. */
  listening(): string[] {
    const own = readdirSync(`/proc/${this.pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${this.pid}/fd/${fd}`)
      } catch {
        return '' // closed meanwhile
      }
    })
    return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
      readFileSync(`/proc/${this.pid}/net/${table}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state, , , , , , inode]) => own.includes(`socket:[${inode}]`) && /0A|07/.test(state ?? ''))
        .map(([, address = '']) => address),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (started.has(this)) await this.end('SIGKILL')
  }
}
