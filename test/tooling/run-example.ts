// Runs a program of the repository as a reader would, in a separate process.

import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { COMPILED_FIXTURES, compiledCommand, compiledPath } from './compiled-path.mjs'
import { settings } from './settings.mjs'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The options with which Node runs TypeScript from any folder. */
export const LOAD_TYPESCRIPT: readonly string[] = [
  '--import',
  pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
]

const VIRTUAL_TIME = ['--import', new URL('./virtual-time.mjs', import.meta.url).href]

/** The output of a program, and how it ended: with an exit code or by a signal. */
export interface ExampleResult {
  stdout: string
  stderr: string
  code: number | null
  signal: NodeJS.Signals | null
}

/**
 * Runs a TypeScript program, named relative to the root of the repository, in a child process. Returns its output and
 * how it ended. The working directory is the root, the input is empty by default, and the output goes to pipes.
 *
 * @throws (rejects) If it takes longer than `timeout`, 110 s by default. The message contains the output until then.
 */
export function runExample(
  path: string,
  { args = [], virtualTime = false, ...options }: RunOptions = {},
): Promise<ExampleResult> {
  return runNode([...commandOf(path, virtualTime), ...args], options)
}

interface RunOptions {
  args?: string[]
  env?: NodeJS.ProcessEnv
  timeout?: number
  input?: string
  virtualTime?: boolean
}

/**
 * The arguments with which Node runs a program. Examples and most fixtures are compiled beforehand and run without a
 * loader.
 */
export function commandOf(path: string, inVirtualTime = false): string[] {
  const startsOthers = path === 'examples/compare.ts' // it starts them with a loader
  if (!startsOthers && existsSync(`${root}${compiledPath(path)}`)) return compiledCommand(path, inVirtualTime)
  return [...LOAD_TYPESCRIPT, ...(inVirtualTime ? VIRTUAL_TIME : []), path]
}

/**
 * Runs a few lines as a program of its own, from where the packages are found by name: the built ones, without a
 * loader, if they are there.
 */
export function runLines(source: string, options: { timeout?: number } = {}): Promise<ExampleResult> {
  const { loader, cwd } = linesEnvironment()
  return runNode([...loader, '--input-type=module', '--eval', source], { ...options, cwd })
}

/** What `runLines` runs Node with, and where. */
export function linesEnvironment(): { readonly loader: readonly string[]; readonly cwd: string } {
  const { packed } = settings()
  if (packed !== undefined) return { loader: [], cwd: packed }
  const isNode = !('bun' in process.versions) && !('deno' in process.versions)
  const hasBuilt = isNode && existsSync(`${root}${COMPILED_FIXTURES}/node_modules`)
  return hasBuilt ? { loader: [], cwd: `${root}${COMPILED_FIXTURES}` } : { loader: LOAD_TYPESCRIPT, cwd: `${root}test` }
}

/**
 * Runs a program as users of the published packages do: on the built packages, and in virtual time unless it depends on
 * the outside world, so that the output does not depend on the machine. `virtualTime` overrides the choice for a
 * program that only prints.
 */
export function runOnBuiltPackages(path: string, options: RunOptions = {}): Promise<ExampleResult> {
  return runExample(path, { virtualTime: !showsRealTime(readFileSync(`${root}${path}`, 'utf8')), ...options })
}

/** Whether a program waits for threads, processes, sockets or the host: virtual time would not wait for them. */
export function showsRealTime(source: string): boolean {
  return /spindle\/(?:thread|node)|from 'node:|\bset(?:Timeout|Interval)\b|AbortSignal\.timeout|\bfetch\(|\bperformance\b|\bDate\b|\.fixture\.ts|from '\.\.?\//.test(
    source,
  )
}

/** Runs any command line of Node, such as a compiled program. `cwd` defaults to the root. */
export function runNode(
  args: string[],
  { env = {}, timeout = 110_000, cwd = root, input = '' }: RunOptions & { cwd?: string } = {},
): Promise<ExampleResult> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...readersEnvironment(), ...env },
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 26,
    } as const
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error?.killed) {
        reject(new Error(`node ${args.join(' ')} did not end within ${timeout} ms. It printed:\n${stdout}${stderr}`))
      } else {
        resolve({ stdout, stderr, code: child.exitCode, signal: child.signalCode })
      }
    })
    child.stdin?.end(input)
  })
}

/**
 * Whether a program printed the expected output. In the expectation, `…` matches any text within a line, such as an
 * address or a time. Spaces at the ends of lines and the last line break are ignored.
 */
export function fits(printed: string, expected: string): boolean {
  const pattern = trimmed(expected)
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('…', '.*')
  return new RegExp(`^${pattern}$`).test(trimmed(printed))
}

function trimmed(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, '').replace(/\n$/, '')
}

/** Without Vitest's variables: otherwise a child would think it runs in a test, and might behave differently. */
export function readersEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name]
  for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'TEST', 'FORCE_COLOR', 'NO_COLOR']) delete env[name]
  return env
}
