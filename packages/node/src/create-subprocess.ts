import { type SpawnOptions, spawn } from 'node:child_process'
import type { Coroutine } from '@spindle/loop'
import { HostFuture } from '@spindle/loop/internal'
import { coroutine } from '@spindle/task'
import { Process, type Stdio } from './process.ts'
import type { StreamReaderOptions } from './stream-reader.ts'

/** How a subprocess is started. */
export interface SubprocessOptions<I extends Stdio = Stdio, O extends Stdio = Stdio, E extends Stdio = Stdio>
  extends StreamReaderOptions,
    Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid' | 'argv0'> {
  /** What it reads. @default 'inherit' */
  readonly stdin?: I
  /** Where it writes to. @default 'inherit' */
  readonly stdout?: O
  /** Where it writes errors to. @default 'inherit' */
  readonly stderr?: E
  /** How many ms it has to end when it is terminated because its Task was cancelled; then it is killed. @default 5000 */
  readonly graceTime?: number | undefined
  /**
   * Whether it gets a session of its own. Signals then go to it and all its children: a shell does not pass them on.
   * Python: `start_new_session`. @default false
   */
  readonly newSession?: boolean | undefined
}

/**
 * Starts a program. Cancelled while it starts: it is ended. asyncio: `asyncio.create_subprocess_exec`.
 * @param args what the program is given, as it is: no shell looks at it
 * @throws an error with a code like `ENOENT` if it can't be started
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
  return starting(program, args, options, false) as Coroutine<Process<I, O, E>> // pipes are where the options have them
}

/**
 * Starts a command in a shell. Its parts are the shell's children: to have them end with it, give it a session of its own.
 * asyncio: `asyncio.create_subprocess_shell`.
 * @throws an error with a code like `ENOENT` if there is no shell
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const process = yield* createSubprocessShell('echo one two | wc -w', { stdout: 'pipe', newSession: true })
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
  return starting(command, [], options, true) as Coroutine<Process<I, O, E>> // pipes are where the options have them
}

const starting = coroutine(function* createSubprocess(
  program: string,
  args: readonly string[],
  options: SubprocessOptions,
  shell: boolean,
): Coroutine<Process> {
  const { stdin, stdout, stderr, limit, graceTime = 5000, newSession = false, ...rest } = options
  const stdio = [stdin ?? 'inherit', stdout ?? 'inherit', stderr ?? 'inherit']
  const spawned = new HostFuture<void>('spawn')
  const child = spawn(program, args, { ...rest, shell, stdio, detached: newSession } as SpawnOptions)
  const process = new Process(child, limit, graceTime, newSession)
  child.once('spawn', () => spawned.resolve())
  child.once('error', (error) => spawned.reject(error))
  try {
    yield* spawned
  } catch (error) {
    if (child.pid !== undefined) yield* process.end()
    throw error
  }
  return process
})
