// A program of examples/ that goes on until it is told to end: a server.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { commandOf, root } from '../tooling/run-example.ts'

export class Program implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<void>
  /** All it has printed. */
  output = ''

  /** @param path from the root of the repository */
  constructor(path: string, ...args: string[]) {
    const env = { ...process.env }
    for (const name of Object.keys(env)) if (/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$)/.test(name)) delete env[name]
    this.#child = spawn(process.execPath, [...commandOf(path), ...args], { cwd: root, env })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.output += chunk
      })
    }
    this.#ended = new Promise((resolve) => this.#child.on('close', () => resolve()))
  }

  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode
  }

  get code(): number | null {
    return this.#child.exitCode
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until it has printed something like this, and gives the first group of it. */
  async printed(pattern: RegExp, ms = 15_000): Promise<string> {
    const end = Date.now() + ms
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found[1] ?? found[0]
      const isOver = Date.now() > end || this.code !== null || this.signal !== null
      if (isOver) throw new Error(`it did not print ${pattern}, but:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Sends it a signal, and waits until it has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal)
    await this.ended()
  }

  /** Waits until it has ended. */
  async ended(): Promise<void> {
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.code === null && this.signal === null) await this.end('SIGKILL')
  }
}
