import { type Awaitable, CancelledError, type Coroutine } from '@spindle/loop'
import { BrandedError, brandError, checkOptions, repr } from '@spindle/loop/internal'
import { coroutine } from '@spindle/task'
import {
  checkFlags,
  createSubprocessExec,
  RUN_PROCESS_OPTIONS,
  SUBPROCESS_OPTIONS,
  type SubprocessOptions,
} from './create-subprocess.ts'
import type { Process, Stdio } from './process.ts'

/** A program and its arguments, without a shell. */
export type Command = readonly [program: string, ...args: string[]]

/**
 * Starts a program, runs a block with it, and returns the result of the block. The process ends with the block, and all
 * processes that it has started, unless `tree` is false: those that still run when the block returns, throws or is
 * cancelled are terminated, killed after the grace time, and awaited. To let it end by itself, `yield* process.wait()`
 * in the block. An addition to asyncio.
 * @throws the errors of `createSubprocessExec`; the error of the block
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const first = yield* subprocess(['yes', 'again'], { stdout: 'pipe' }, function* (process) {
 *     return String(yield* process.stdout.readLine()).trim()
 *   })
 *   console.log(first) // prints: again
 * }
 * await run(main())
 * ```
 */
export function subprocess<
  T,
  const I extends Stdio = undefined,
  const O extends Stdio = undefined,
  const E extends Stdio = undefined,
>(
  command: Command,
  options: SubprocessOptions<I, O, E>,
  block: (process: Process<I, O, E>) => Awaitable<T>,
): Coroutine<T> {
  const [program, args] = programOf('subprocess', command)
  checkOptions('subprocess()', options, SUBPROCESS_OPTIONS)
  if (typeof block !== 'function') throw new TypeError(`subprocess() takes a function, got ${repr(block)}`)
  return withProcess(
    () => createSubprocessExec<I, O, E>(program, args, { ...options, tree: options.tree ?? true }),
    block,
  )
}

const withProcess = coroutine(function* subprocess<T, I extends Stdio, O extends Stdio, E extends Stdio>(
  start: () => Coroutine<Process<I, O, E>>,
  block: (process: Process<I, O, E>) => Awaitable<T>,
): Coroutine<T> {
  const process = yield* start()
  let result: T
  try {
    result = yield* block(process)
  } catch (error) {
    yield* process.end(error instanceof CancelledError)
    throw error
  }
  yield* process.end(false)
  return result
})

/** The options of `runProcess`. */
export interface RunProcessOptions<C extends boolean = boolean, E extends BufferEncoding | undefined = undefined>
  extends Omit<SubprocessOptions, 'stdin' | 'stdout' | 'stderr'> {
  /** Whether to throw a `CalledProcessError` for an exit code other than 0. @default false */
  readonly check?: boolean | undefined
  /** The input of the program. @default the input of this process */
  readonly input?: string | Uint8Array | undefined
  /**
   * Whether to return the output of the program. Otherwise it goes to the output of this process.
   * @default false
   */
  readonly capture?: C
  /** Returns strings instead of bytes. @default none */
  readonly encoding?: E
}

/** The result of a program that has run. Python: `subprocess.CompletedProcess`. */
export interface CompletedProcess<T> {
  /** The exit code, or minus the number of the signal that ended it. */
  readonly returncode: number
  /** Its output, if that was captured. */
  readonly stdout: T
  /** The errors it has written, if they were captured. */
  readonly stderr: T
}

/** Thrown when a program ends with an exit code other than 0. Python: `subprocess.CalledProcessError`. */
export class CalledProcessError extends BrandedError {
  /** The program. The arguments are not kept: they may hold secrets. */
  readonly program: string
  /** The exit code, or minus the number of the signal that ended it. */
  readonly returncode: number
  /** Its output, if that was captured. */
  readonly stdout: unknown
  /** The errors it has written, if they were captured. */
  readonly stderr: unknown

  constructor(program: string, { returncode, stdout, stderr }: CompletedProcess<unknown>) {
    const how = returncode < 0 ? `was ended by signal ${-returncode}` : `returned exit code ${returncode}`
    super(`${program} ${how}`)
    this.program = program
    this.returncode = returncode
    this.stdout = stdout
    this.stderr = stderr
  }
}

brandError(CalledProcessError, 'CalledProcessError')

type Captured<C extends boolean, E> = C extends true ? (E extends BufferEncoding ? string : Buffer) : undefined

/**
 * Runs a program to its end. If the caller is cancelled while waiting, the program is ended. Processes that it has
 * started and left behind are ended as well, once they have printed nothing for 100 ms after the end of the program;
 * later output is lost. With `tree: false` they stay, and `capture` returns all that they print. Python:
 * `subprocess.run`.
 *
 * Also called: exec, spawn. It ends the whole process tree, so that no orphan stays.
 * @throws CalledProcessError if `check` is set and the exit code is not 0; LimitOverrunError if it writes more than
 * `maxBytes` bytes; the errors of `createSubprocessExec`
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const options = { input: '10\n9\n', capture: true, check: true, encoding: 'utf8' } as const
 *   const { stdout } = yield* runProcess(['sort', '-n'], options)
 *   console.log(stdout.split('\n')) // prints: [ '9', '10', '' ]
 * }
 * await run(main())
 * ```
 */
export function runProcess<const C extends boolean = false, const E extends BufferEncoding | undefined = undefined>(
  command: Command,
  options: RunProcessOptions<C, E> = {},
): Coroutine<CompletedProcess<Captured<C, E>>> {
  const [program, args] = programOf('runProcess', command)
  checkOptions('runProcess()', options, RUN_PROCESS_OPTIONS)
  return running(program, args, options) as Coroutine<CompletedProcess<Captured<C, E>>> // the cast: the options determine the type
}

const running = coroutine(function* runProcess(
  program: string,
  args: readonly string[],
  options: RunProcessOptions<boolean, BufferEncoding | undefined>,
): Coroutine<CompletedProcess<unknown>> {
  const { check = false, input, capture = false, encoding, ...starting } = options
  checkFlags({ check, capture })
  if (encoding !== undefined && !Buffer.isEncoding(encoding))
    throw new TypeError(`encoding must be the name of an encoding, got ${repr(encoding)}`)
  const output: Stdio = capture ? 'pipe' : 'inherit'
  const stdin: Stdio = input === undefined ? 'inherit' : 'pipe'
  const stdio = { stdin, stdout: output, stderr: output } as const
  const process = yield* createSubprocessExec(program, args, { ...starting, ...stdio, tree: starting.tree ?? true })
  process.endQuietly()
  const [stdout, stderr] = yield* process.communicate(input)
  yield* process.gone()
  const text = (bytes: Buffer | undefined): unknown => (encoding === undefined ? bytes : bytes?.toString(encoding))
  const completed = { returncode: process.returncode as number, stdout: text(stdout), stderr: text(stderr) } // it has ended
  if (check && completed.returncode !== 0) throw new CalledProcessError(program, completed)
  return completed
})

function programOf(caller: string, command: Command): [program: string, args: readonly string[]] {
  const given: unknown = command
  if (!Array.isArray(given) || given.length === 0 || !given.every((part) => typeof part === 'string')) {
    const hint = typeof given === 'string' ? `. A shell is started by ['sh', '-c', ${repr(given)}]` : ''
    throw new TypeError(
      `${caller}() takes a program and its arguments as an array of strings, got ${repr(given)}${hint}`,
    )
  }
  const [program, ...args] = given as [string, ...string[]]
  return [program, args]
}
