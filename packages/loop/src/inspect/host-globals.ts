// The parts of the host that the core uses. The core is compiled without the types of Node and of browsers.

interface HostConsole {
  log(text: string): void
  warn(text: string): void
  error(text: string, ...more: unknown[]): void
}

/** The part of Node's `process` that the core uses. Bun and Deno have it as well. */
interface HostProcess {
  readonly pid: number
  exitCode?: number | string | null | undefined
  readonly argv: readonly string[]
  cwd(): string
  on(event: string, listener: (value: unknown) => void): void
  once(event: string, listener: () => void): void
  prependListener(event: string, listener: () => void): void
  off(event: string, listener: (value: never) => void): void
  listenerCount(event: string): number
  kill(pid: number, signal: string): void
  exit(code: number): void
  nextTick(callback: () => void): void
  getActiveResourcesInfo?(): string[]
  readonly getBuiltinModule?: NodeModules
}

interface NodeModules {
  (name: 'node:module'): { createRequire(file: string): { resolve(name: string): string } }
  (name: 'node:url'): { pathToFileURL(path: string): { readonly href: string }; fileURLToPath(url: string): string }
  (
    name: 'node:fs',
  ): {
    existsSync(path: string): boolean
    readFileSync(path: string, encoding: 'utf8'): string
    mkdirSync(path: string, options: { readonly recursive: true }): unknown
    writeFileSync(path: string, text: string, options?: { readonly mode: number }): void
  }
  (name: 'node:async_hooks'): AsyncHooks
}

export interface AsyncHooks {
  readonly AsyncResource: new (type: string) => AsyncScope
  readonly AsyncLocalStorage: {
    new (): object
    readonly prototype: Record<'enterWith' | 'run', (...args: unknown[]) => unknown>
  }
  executionAsyncId(): number
}

/** Node's `AsyncResource`: the stores of `AsyncLocalStorage` at the time it was made. */
export interface AsyncScope {
  asyncId(): number
  runInAsyncScope<T, R>(callback: (this: T) => R, thisArg: T): R
}

declare const console: HostConsole
declare const process: HostProcess | undefined

export function hostConsole(): HostConsole {
  return console
}

/** `process`, or undefined in a browser, where a bundler may provide an incomplete one. */
export function hostProcess(): HostProcess | undefined {
  if (typeof process !== 'object' || process === null) return undefined
  return typeof process.prependListener === 'function' && typeof process.listenerCount === 'function'
    ? process
    : undefined
}
