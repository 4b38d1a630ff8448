import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { isatty } from 'node:tty'
import { CancelledError, type Coroutine } from '@spindle/loop'
import { checkEnvironment, checkGraceTime, checkOptions, HostFuture, isError, repr } from '@spindle/loop/internal'
import { coroutine } from '@spindle/task'
import { checkReaderLimits, READER_OPTIONS, type StreamReaderOptions } from '../streams/stream-reader.ts'
import { Process, type Stdio } from './process.ts'
import { ProcessTree } from './process-tree.ts'

// Of each program, however it is started.
const COMMON = ['cwd', 'uid', 'gid', 'argv0', 'env', 'graceTime', 'newSession', 'tree', 'guard', ...READER_OPTIONS]
export const RUN_PROCESS_OPTIONS: readonly string[] = [...COMMON, 'check', 'input', 'capture', 'encoding']
export const SUBPROCESS_OPTIONS: readonly string[] = [...COMMON, 'stdin', 'stdout', 'stderr']

/** How a subprocess is started. */
export interface SubprocessOptions<I extends Stdio = Stdio, O extends Stdio = Stdio, E extends Stdio = Stdio>
  extends StreamReaderOptions,
    Pick<SpawnOptions, 'cwd' | 'uid' | 'gid' | 'argv0'> {
  /**
   * The environment variables of the process. Without it the process inherits all of `process.env`, secrets included.
   * @default process.env
   */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** The standard input of the process. @default 'inherit' */
  readonly stdin?: I
  /** The target of its output. @default 'inherit' */
  readonly stdout?: O
  /** The target of its errors; `'stdout'`: the same target as its output, in order. @default 'inherit' */
  readonly stderr?: E | 'stdout'
  /** How many ms a terminated process has to end until it is killed. @default 5000 */
  readonly graceTime?: number | undefined
  /**
   * Whether it starts in a new session, and so without a terminal. Python: `start_new_session`.
   * @default true for a `tree`, unless its standard input is a terminal
   */
  readonly newSession?: boolean | undefined
  /**
   * Whether signals go to all processes that it starts, directly or not, and its end is awaited together with theirs.
   * On Linux, children that leave its session are found by a variable `SPINDLE_TREE` in their environment. Windows has
   * no such trees, and there it does nothing.
   * @default true for `subprocess`, `runProcess` and `createSubprocessShell`, and with `newSession`
   */
  readonly tree?: boolean | undefined
  /**
   * Whether a `tree` is ended even when this process is killed by `SIGKILL`, when it can do nothing itself: a small
   * shell waits for that, from the first tree to the last one. It ends the process group of a tree and, on Linux, what
   * has the variable `SPINDLE_TREE`; it needs `/bin/sh`.
   * @default true
   */
  readonly guard?: boolean | undefined
}

/**
 * Starts a program. Cancelled while it starts: it is ended. asyncio: `asyncio.create_subprocess_exec`.
 * @param args passed to the program as they are: no shell interprets them
 * @param program its file, found in PATH
 * @throws an error with a code like `ENOENT` if the program can't be started, or the `cwd` is not a directory; it does
 * not print the arguments, which may hold secrets
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const process = yield* createSubprocessExec('printf', ['%s\n', 'one', 'two'], { stdout: 'pipe' })
 *   yield* forEach(process.stdout, function* (line) {
 *     console.log(String(line).trim())
 *   })
 *   console.log(yield* process.wait())
 * }
 * await run(main())
 * // prints: one
 * // prints: two
 * // prints: 0
 * ```
 */
export function createSubprocessExec<
  const I extends Stdio = undefined,
  const O extends Stdio = undefined,
  const E extends Stdio = undefined,
>(
  program: string,
  args: readonly string[] = [],
  options: SubprocessOptions<I, O, E> = {},
): Coroutine<Process<I, O, E>> {
  checkOptions('createSubprocessExec()', options, SUBPROCESS_OPTIONS)
  return starting(program, args, options, false) as Coroutine<Process<I, O, E>> // pipes are where the options have them
}

/**
 * Starts a command in a shell. Its parts are the shell's children, and end with it: `tree` is true by default.
 *
 * **The shell runs whatever the command says.** Text that comes from elsewhere (a file name, a request) must be
 * passed as an argument to `createSubprocessExec`, which needs no shell: `"; rm -rf ~"` is a file name there, and a
 * command here. If a shell is needed: `createSubprocessExec('sh', ['-c', 'wc -l < "$1"', 'sh', name])`.
 * asyncio: `asyncio.create_subprocess_shell`.
 * @param command for `/bin/sh`, or `cmd.exe` on Windows
 * @throws an error with a code such as `ENOENT` if there is no shell
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const process = yield* createSubprocessShell('echo one two | wc -w', { stdout: 'pipe' })
 *   const [stdout] = yield* process.communicate()
 *   console.log(Number(stdout)) // prints: 2
 * }
 * await run(main())
 * ```
 */
export function createSubprocessShell<
  const I extends Stdio = undefined,
  const O extends Stdio = undefined,
  const E extends Stdio = undefined,
>(command: string, options: SubprocessOptions<I, O, E> = {}): Coroutine<Process<I, O, E>> {
  checkOptions('createSubprocessShell()', options, SUBPROCESS_OPTIONS)
  return starting(command, [], options, true) as Coroutine<Process<I, O, E>> // pipes are where the options have them
}

const starting = coroutine(function* createSubprocess(
  program: string,
  args: readonly string[],
  options: SubprocessOptions,
  shell: boolean,
): Coroutine<Process> {
  const { stdin, stdout, stderr, limit, maxBytes, graceTime = 5000, newSession, tree, guard = true, ...rest } = options
  checkReaderLimits({ limit, maxBytes })
  checkGraceTime(graceTime)
  checkEnvironment(rest.env)
  checkFlags({ newSession, tree, guard })
  const isMerged = stderr === 'stdout'
  const stdio = [stdin ?? 'inherit', stdout ?? 'inherit', isMerged ? toOutput(stdout) : (stderr ?? 'inherit')]
  const sharesPipe = isMerged && stdout === 'pipe'
  const [file, parameters] = sharesPipe ? withSharedPipe(program, args, shell, rest) : [program, args]
  const isTree = (tree ?? newSession ?? shell) && process.platform !== 'win32'
  const ownsGroup = newSession ?? (isTree && !isTerminal(stdin))
  const members = isTree ? new ProcessTree(rest.env ?? process.env, ownsGroup, guard) : undefined
  const spawned = new HostFuture<void>('spawn')
  let child: ChildProcess
  try {
    child = spawn(file, parameters, {
      ...rest,
      shell: shell && !sharesPipe,
      stdio,
      env: members?.env ?? rest.env,
      detached: ownsGroup,
    } as SpawnOptions)
    child.once('spawn', () => spawned.resolve())
    child.on('error', (error) => spawned.reject(error)) // before all else: unheard, it would end this process
  } catch (error) {
    spawned.cancel()
    members?.ended()
    throw startError(error, rest.cwd)
  }
  const started = new Process(child, { limit, maxBytes }, graceTime, members)
  try {
    yield* spawned
  } catch (error) {
    if (child.pid !== undefined) yield* started.end(error instanceof CancelledError)
    throw startError(error, rest.cwd)
  }
  return started
})

/** @throws TypeError if one is not a boolean: 'no' would count as true */
export function checkFlags(flags: Readonly<Record<string, boolean | undefined>>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`${name} must be true or false, got ${repr(value)}`)
  }
}

/** The error of a program that could not be started. The system says ENOENT also if it is the `cwd` that is missing. */
function startError(error: unknown, cwd: SpawnOptions['cwd']): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' && cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return Object.assign(new Error(`cwd is not a directory: ${cwd}`, { cause: error }), {
      code: 'ENOENT',
      path: String(cwd),
    })
  }
  if (isError(error) && 'spawnargs' in error) {
    Object.defineProperty(error, 'spawnargs', { enumerable: false }) // there to be asked for, but not printed
  }
  return error
}

/** A program in a separate session could not read from it. */
function isTerminal(stdin: Stdio): boolean {
  return isatty(stdin === undefined || stdin === 'inherit' ? 0 : Number(stdin)) // no number: no descriptor
}

function toOutput(stdout: Stdio): Stdio | 'pipe' {
  if (stdout === 'pipe') return 'ignore' // until the shell has joined them
  return stdout === undefined || stdout === 'inherit' ? 1 : stdout
}

/** One pipe for both: Node cannot give a child the same pipe twice, but a shell can. It is replaced by the program. */
function withSharedPipe(
  program: string,
  args: readonly string[],
  shell: boolean,
  { cwd, env }: SubprocessOptions,
): [file: string, args: readonly string[]] {
  if (process.platform === 'win32') throw new TypeError("stderr: 'stdout' with a pipe is not possible on Windows")
  if (shell) return ['/bin/sh', ['-c', `exec 2>&1\n${program}`]]
  const folders = program.includes('/') ? [''] : ((env ?? process.env)['PATH'] ?? '/usr/bin:/bin').split(delimiter)
  if (!folders.some((folder) => isExecutable(resolve(String(cwd ?? '.'), folder, program)))) {
    throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT', path: program })
  }
  return ['/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...args]]
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
