import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { CancelledError, type Coroutine, type EventLoop, getRunningLoop, type TimerHandle } from '@spindle/loop'
import { checkOptions, HostFuture, inspectSymbol } from '@spindle/loop/internal'
import { gather } from '@spindle/task'
import { endWithTask } from '../streams/end-with-task.ts'
import { StreamReader, type StreamReaderOptions } from '../streams/stream-reader.ts'
import { StreamWriter } from '../streams/stream-writer.ts'
import type { ProcessTree } from './process-tree.ts'

/**
 * The source or target of a stream of a subprocess: a pipe to this process, the same as this process, nowhere, or a
 * file descriptor. asyncio: `PIPE`, `None`, `DEVNULL`.
 */
export type Stdio = 'pipe' | 'inherit' | 'ignore' | number | undefined

/** A Spindle stream if there is a pipe. */
export type Piped<S extends Stdio, T> = S extends 'pipe' ? T : undefined

/** The options of `Process.wait`. */
export interface ProcessWaitOptions {
  /**
   * Whether a cancelled `wait()` ends the process: it is terminated, killed after the grace time or at a second
   * cancellation, and the CancelledError is thrown when it has ended.
   * @default false
   */
  readonly endOnCancel?: boolean | undefined
}

/**
 * A process started by `subprocess`, `createSubprocessExec` or `createSubprocessShell`. It is never left behind: it
 * ends with the block of `subprocess`, it is terminated when the Task that started it ends cancelled or with an
 * exception, and the loop kills it when it closes. With the option `tree` the same holds for all processes that it has
 * started, directly or not. asyncio: `asyncio.subprocess.Process`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const process = yield* createSubprocessExec('sort', ['-n'], { stdin: 'pipe', stdout: 'pipe' })
 *   const [stdout] = yield* process.communicate('10\n9\n')
 *   console.log(String(stdout).split('\n'), process.returncode) // prints: [ '9', '10', '' ] 0
 * }
 * await run(main())
 * ```
 */
export class Process<I extends Stdio = Stdio, O extends Stdio = Stdio, E extends Stdio = Stdio> {
  readonly stdin: Piped<I, StreamWriter>
  readonly stdout: Piped<O, StreamReader>
  readonly stderr: Piped<E, StreamReader>

  readonly #child: ChildProcess
  readonly #loop: EventLoop
  readonly #graceTime: number
  readonly #tree: ProcessTree | undefined
  readonly #waiting = new Set<Ending>()
  #returncode: number | undefined
  // Whether nothing of it runs: the process itself, or its whole tree.
  #isGone = false
  // Whether its guard has also ended, and the waiters know it.
  #isTold = false
  #looking: NodeJS.Timeout | undefined
  #listening: NodeJS.Timeout | undefined
  // Set by the request to end, until nothing of it runs.
  #grace: TimerHandle | undefined
  #graceIsOver = false
  #forget = (): void => {} // its Task
  #endsQuietly = false

  constructor(child: ChildProcess, reading: StreamReaderOptions, graceTime: number, tree: ProcessTree | undefined) {
    this.#child = child
    this.#loop = getRunningLoop()
    this.#graceTime = graceTime
    this.#tree = tree
    // Undefined, contrary to its type, if no descriptors are left. An 'error' event follows.
    const { stdin = null, stdout = null, stderr = null } = child
    // The casts: Node has a pipe where one was requested.
    this.stdin = (stdin === null ? undefined : StreamWriter.from(stdin)) as Piped<I, StreamWriter>
    const readerOf = (stream: Readable | null): StreamReader | undefined =>
      stream === null ? undefined : StreamReader.from(stream, { ...reading, owned: false })
    this.stdout = readerOf(stdout) as Piped<O, StreamReader>
    this.stderr = readerOf(stderr) as Piped<E, StreamReader>
    if (child.pid === undefined) {
      tree?.ended()
      return // it could not be started; an 'error' event will report that
    }
    tree?.begin(child.pid)
    this.#loop.closeCallbacks.add(this.#abandon)
    killAtExit(this.#abandon)
    this.#forget = endWithTask(() => this.requestEnd(false))
    child.once('exit', (code, signal) => this.#exited(code, signal))
    child.on('error', () => {}) // a signal that could not be sent because the process has ended
  }

  get pid(): number {
    return this.#child.pid ?? 0 // 0 is never seen: a process that could not be started is not returned
  }

  /** The exit code, or minus the number of the signal that ended the process; undefined while it runs. */
  get returncode(): number | undefined {
    return this.#returncode
  }

  /**
   * Waits until the process has ended, and returns its `returncode`. If the caller is cancelled while waiting, the
   * process continues, unless `endOnCancel` is set. asyncio: `process.wait`.
   */
  *wait(options: ProcessWaitOptions = {}): Coroutine<number> {
    checkOptions('wait()', options, ['endOnCancel'])
    if (this.#returncode !== undefined) return this.#returncode
    return yield* new Ending(this, this.#waiting, options.endOnCancel === true ? 'ends' : 'goes on', false)
  }

  /**
   * Writes `input` to the process, reads everything it writes, waits until it has ended, and returns what was read from
   * `stdout` and `stderr`. Cancelled while waiting: the process is ended. asyncio: `process.communicate`.
   * @throws LimitOverrunError if it writes more than `maxBytes` bytes (256 MiB unless set); the process is ended
   */
  *communicate(input?: string | Uint8Array): Coroutine<[stdout: Piped<O, Buffer>, stderr: Piped<E, Buffer>]> {
    try {
      const work = [feed(this.stdin, input), readAll(this.stdout), readAll(this.stderr)] as const
      const [, stdout, stderr] = yield* gather(work)
      yield* this.wait()
      return [stdout as Piped<O, Buffer>, stderr as Piped<E, Buffer>] // both were read if they are pipes
    } catch (error) {
      yield* this.end(error instanceof CancelledError)
      throw error
    }
  }

  /** With the option `tree`, to all its processes. Returns false if they have ended. asyncio: `process.send_signal`. */
  sendSignal(signal: NodeJS.Signals | number): boolean {
    if (this.#isGone) return false
    return this.#tree === undefined ? this.#child.kill(signal) : this.#tree.signal(signal)
  }

  terminate(): boolean {
    return this.sendSignal('SIGTERM')
  }

  kill(): boolean {
    return this.sendSignal('SIGKILL')
  }

  toString(): string {
    return `<Process ${this.pid}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** Terminates the process, and kills it when the grace time is over; or at once. @internal */
  requestEnd(atOnce: boolean): void {
    if (this.#isGone) return
    if (atOnce) this.#endGrace()
    if (this.#grace !== undefined) return
    this.#grace = this.#loop.callLater(this.#graceTime, this.#endGrace)
    this.#loop.graces.add(this.#endGrace)
    this.terminate()
    if (this.#returncode !== undefined) this.#look(FIRST_LOOK_MS)
  }

  /**
   * Ends the process, and waits until it has ended. A cancellation during the wait is thrown afterwards, unless there
   * already was one.
   * @internal
   */
  *end(isCancelled: boolean): Coroutine<void> {
    try {
      this.requestEnd(false)
      if (!this.#isTold) yield* new Ending(this, this.#waiting, isCancelled ? 'is ending' : 'ends', true)
    } finally {
      // A child of the process may hold its pipes open.
      for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy()
    }
  }

  /**
   * After the end of the process, ends what it has started and left behind, once nothing has arrived from its pipes for
   * a while: late output is not lost, and a pipe that something holds open does not matter.
   * @internal
   */
  endQuietly(): void {
    this.#endsQuietly = true
    if (this.#returncode !== undefined) this.#endWhenQuiet(-1) // it was quick
  }

  /** Waits until nothing of it runs. A cancellation ends it. @internal */
  *gone(): Coroutine<void> {
    try {
      if (!this.#isTold) yield* new Ending(this, this.#waiting, 'ends', true)
    } finally {
      for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy()
    }
  }

  #endWhenQuiet(before: number): void {
    if (this.#isGone || this.#loop.isClosed()) return
    if (this.#tree?.isEmpty() !== false) return this.#gone()
    const read = this.#bytesRead
    if (read === before) this.requestEnd(false)
    else this.#listening = setTimeout(() => this.#endWhenQuiet(read), QUIET_MS)
  }

  get #bytesRead(): number {
    const { stdout, stderr } = this.#child as { stdout: Socket | null; stderr: Socket | null }
    return (stdout?.bytesRead ?? 0) + (stderr?.bytesRead ?? 0)
  }

  readonly #endGrace = (): void => {
    this.#graceIsOver = true
    this.kill()
  }

  readonly #abandon = (): void => {
    if (this.#tree === undefined) this.kill()
    else this.#tree.killAtOnce()
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#returncode = code ?? -constants.signals[signal as NodeJS.Signals] // Node provides one of the two
    this.#tree?.leaderHasEnded()
    this.#look(FIRST_LOOK_MS)
    if (this.#endsQuietly) this.#endWhenQuiet(-1)
    for (const ending of this.#waiting) ending.exited(this.#returncode)
  }

  /** The process itself has ended. Sees whether its tree has, and if that is to end, looks again until it has. */
  #look(pause: number): void {
    if (this.#isGone) return
    if (this.#tree === undefined || this.#tree.isEmpty()) return this.#gone()
    if (this.#grace === undefined || this.#loop.isClosed()) return
    if (this.#graceIsOver) this.kill() // also later forks
    clearTimeout(this.#looking)
    const next = Math.min(2 * pause, LONGEST_LOOK_MS)
    this.#looking = setTimeout(() => this.#look(next), pause) // of the host: processes know no virtual time
  }

  #gone(): void {
    this.#isGone = true
    clearTimeout(this.#looking)
    clearTimeout(this.#listening)
    this.#grace?.cancel()
    this.#loop.graces.delete(this.#endGrace)
    this.#loop.closeCallbacks.delete(this.#abandon)
    letGo(this.#abandon)
    this.#forget()
    if (this.#tree === undefined) this.#tell()
    else this.#tree.ended(() => this.#tell())
  }

  #tell(): void {
    this.#isTold = true
    for (const ending of this.#waiting) ending.gone(this.#returncode as number) // it was the first to end
    this.#waiting.clear()
  }
}

// How long after the end of a process its tree is looked at, again and again with twice the time between.
const FIRST_LOOK_MS = 1
const LONGEST_LOOK_MS = 32

// How long no output arrives before what holds the pipes is ended.
const QUIET_MS = 100

/**
 * The end of a process, awaited by a Task. The effect of a cancellation on the process depends on the mode:
 *   continues    none: the process is no longer awaited
 *   ends         the process is ended, and the Future is cancelled when it has ended with its tree
 *   is ending    the Task is already cancelled: a second cancellation kills the process at once
 */
class Ending extends HostFuture<number> {
  readonly #process: { requestEnd(atOnce: boolean): void }
  readonly #onCancel: 'goes on' | 'ends' | 'is ending'
  readonly #ofTree: boolean
  #cancelled: { readonly message: string | undefined } | undefined

  constructor(
    process: { requestEnd(atOnce: boolean): void },
    waiting: Set<Ending>,
    onCancel: 'goes on' | 'ends' | 'is ending',
    ofTree: boolean,
  ) {
    super('Process.wait()', () => waiting.delete(this))
    this.#process = process
    this.#onCancel = onCancel
    this.#ofTree = ofTree
    waiting.add(this)
  }

  override cancel(message?: string): boolean {
    if (this.done()) return false
    if (this.#onCancel === 'goes on') return super.cancel(message)
    const isSecond = this.#onCancel === 'is ending' || this.#cancelled !== undefined
    this.#cancelled = { message } // before the request, after which nothing may be left
    this.#process.requestEnd(isSecond)
    return true
  }

  exited(returncode: number): void {
    if (!this.#ofTree && this.#cancelled === undefined && !this.done()) this.resolve(returncode)
  }

  gone(returncode: number): void {
    if (this.done()) return
    if (this.#cancelled === undefined || this.#onCancel === 'is ending') this.resolve(returncode)
    else if (!this.isLate()) super.cancel(this.#cancelled.message)
  }
}

function* feed(stdin: StreamWriter | undefined, input: string | Uint8Array | undefined): Coroutine<void> {
  if (stdin === undefined) return
  try {
    if (input !== undefined) stdin.write(input)
    yield* stdin.drain()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'EPIPE' && code !== 'ECONNRESET') throw error // a process does not have to read all its input
  }
  stdin.close()
}

function* readAll(reader: StreamReader | undefined): Coroutine<Buffer | undefined> {
  return reader === undefined ? undefined : yield* reader.read()
}

// The functions that kill the running processes. If this process ends before its loop is closed, they end with it.
const running = new Set<() => void>()

function killAtExit(kill: () => void): void {
  if (running.size === 0) process.on('exit', killAll)
  running.add(kill)
}

function letGo(kill: () => void): void {
  running.delete(kill)
  if (running.size === 0) process.off('exit', killAll)
}

function killAll(): void {
  for (const kill of running) kill()
}
