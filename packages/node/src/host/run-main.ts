import { fstatSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { CancelledError, type EventLoop, KeyboardInterrupt } from '@spindle/loop'
import { checkOptions, reportStopping, repr } from '@spindle/loop/internal'
import { abandon, type MainSource, newEventLoop, type RunnerOptions, run } from '@spindle/task'

/** How `runMain` runs a program. */
export interface RunMainOptions extends RunnerOptions {
  /** The signals that cancel the program, besides Ctrl-C. @default ['SIGTERM', 'SIGHUP'] */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /**
   * The stream whose end cancels the program, such as `process.stdin`, whose other end is held by the client of a
   * language or MCP server. Only a pipe or a socket counts: a file that is given as the input has no owner. If the
   * program has not begun to read it after a second, it is read and dropped.
   * @default none
   */
  readonly endsWith?: Readable | undefined
}

/**
 * Runs the main coroutine of a program, and ends the process as programs do: with the exit code that the coroutine
 * returns (0 if it returns none), with 1 after printing an exception, or by the signal that cancelled it. The first
 * `SIGTERM`, `SIGHUP` or Ctrl-C cancels the coroutine, which cleans up; after a second, what is still awaited is
 * printed. The second signal, of whatever kind, abandons that (`abandon()`), and the third ends the process at once,
 * with its child processes. If the clean-up fails, the process ends with 1. A signal with a handler of your own
 * (`addSignalHandler`, `process.on`) does none of this: the handler decides. When nothing reads the standard output any
 * more (`… | head`), the coroutine is cancelled, and the exit code is 141. With `endsWith` it is cancelled, too, when
 * its owner is gone; the exit code is 0 then.
 *
 * Also called: graceful shutdown, SIGTERM handler.
 *
 * @example
 * ```ts
 * function* main(args: readonly string[]): Coroutine<number> {
 *   try {
 *     yield* sleep(10)
 *     console.log('served', args.length) // prints: served 0
 *   } finally {
 *     console.log('cleaned up') // prints: cleaned up
 *   }
 *   return 0
 * }
 * await runMain(main(process.argv.slice(2)))
 * ```
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a coroutine without `return` is a Coroutine<void>
export async function runMain(main: MainSource<number | void>, options: RunMainOptions = {}): Promise<void> {
  checkOptions('runMain()', options, ['signals', 'endsWith', 'asyncLocalStorage', 'debug', 'loopFactory', 'graceTime'])
  const { signals = ['SIGTERM', 'SIGHUP'], endsWith, ...running } = options
  checkStream(endsWith)
  const controller = new AbortController()
  let loop: EventLoop | undefined
  const loopFactory = (): EventLoop => {
    loop = (running.loopFactory ?? newEventLoop)()
    return loop
  }
  const received = onSignals(
    new Set([...signals, 'SIGINT']),
    (signal) => {
      controller.abort(signal === 'SIGINT' ? new KeyboardInterrupt() : new Error(signal))
      if (loop !== undefined) reportStopping(loop)
    },
    () => {
      if (loop !== undefined) abandon({ loop })
    },
  )
  const pipe = cancelOnBrokenPipe((error) => controller.abort(error))
  const owner = cancelAtEnd(endsWith, (reason) => controller.abort(reason))
  try {
    const code = await run(main, { ...running, loopFactory, signal: controller.signal })
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    const signal = received.stop()
    const isOurs = error === controller.signal.reason || error instanceof CancelledError
    if (signal !== undefined && isOurs) await endBy(signal)
    else if (owner.isGone && isOurs) process.exitCode ??= 0
    else if (pipe.error !== undefined && (isOurs || error === pipe.error)) process.exitCode = BROKEN_PIPE
    else if (error instanceof KeyboardInterrupt) await endBy('SIGINT')
    else {
      console.error(error)
      process.exitCode = 1
      if (signal !== undefined) await endWith(1)
    }
  } finally {
    received.stop()
    pipe.stop()
    owner.stop()
  }
}

const BROKEN_PIPE = 141 // 128 + SIGPIPE: what shells expect

/**
 * Calls `cancel` when the reader of the output has gone, as `head` does. Another listener decides instead: that of a
 * StreamWriter throws the error into the coroutine.
 */
function cancelOnBrokenPipe(cancel: (error: Error) => void): { readonly error: Error | undefined; stop(): void } {
  let broken: Error | undefined
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error // as without this listener
    broken ??= error
    if (!process.stdout.listeners('error').some((listener) => isOfUser(listener))) cancel(error)
  }
  // The console has a separate listener while it writes.
  const isOfUser = (listener: unknown): boolean =>
    listener !== onError && (listener as { name: string }).name !== 'noop'
  process.stdout.on('error', onError)
  return {
    get error() {
      return broken
    },
    stop: () => void (broken ?? process.stdout.off('error', onError)), // later writes fail as quietly
  }
}

function checkStream(stream: Readable | undefined): void {
  if (stream === undefined || typeof stream?.resume === 'function') return
  throw new TypeError(`endsWith must be a readable stream, such as process.stdin, got ${repr(stream)}`)
}

// How long the program has to begin reading the stream of its owner.
const UNREAD_MS = 1000

/** Calls `cancel` when a stream ends, whose other end the owner of this process holds. */
function cancelAtEnd(
  stream: Readable | undefined,
  cancel: (reason: Error) => void,
): { readonly isGone: boolean; stop(): void } {
  let isGone = false
  if (stream === undefined || !hasOtherEnd(stream)) return { isGone, stop() {} }
  const onEnd = (): void => {
    if (isGone) return
    isGone = true
    cancel(new Error('the owner of this process has closed its input'))
  }
  const onError = (): void => {} // 'close' follows
  stream.once('end', onEnd).once('close', onEnd).on('error', onError)
  if (stream.readableEnded || stream.destroyed) onEnd()
  let isDropping = false
  const timer = setTimeout(() => {
    // Without a reader the end would never be seen.
    isDropping = stream.readableFlowing === null && stream.listenerCount('readable') === 0
    if (isDropping) stream.resume()
  }, UNREAD_MS)
  return {
    get isGone() {
      return isGone
    },
    stop() {
      clearTimeout(timer)
      stream.off('end', onEnd).off('close', onEnd).off('error', onError)
      if (isDropping) stream.pause()
    },
  }
}

function hasOtherEnd(stream: Readable): boolean {
  const { fd } = stream as { fd?: unknown }
  if (typeof fd !== 'number') return true
  try {
    const stat = fstatSync(fd)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false // it was never open
  }
}

/**
 * Calls `steps` at the first signals, of whatever kind. At the next one the process ends by it. A signal that has
 * another listener is left to that.
 */
function onSignals(
  signals: ReadonlySet<NodeJS.Signals>,
  ...steps: readonly ((signal: NodeJS.Signals) => void)[]
): { stop(): NodeJS.Signals | undefined } {
  let first: NodeJS.Signals | undefined
  let received = 0
  let stopped = false
  const stop = (): NodeJS.Signals | undefined => {
    stopped = true
    for (const signal of signals) process.off(signal, onSignal)
    return first
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return stepAside(signal)
    first ??= signal
    const step = steps[received++]
    if (step !== undefined) return step(signal)
    stop()
    exitBy(signal)
  }
  // These listeners are removed while the others are called: some of them end the process if there is no other.
  const stepAside = (signal: NodeJS.Signals): void => {
    process.off(signal, onSignal)
    process.nextTick(() => {
      if (!stopped) process.on(signal, onSignal)
    })
  }
  for (const signal of signals) process.on(signal, onSignal)
  return { stop }
}

async function endBy(signal: NodeJS.Signals): Promise<void> {
  await outputIsWritten()
  exitBy(signal)
}

/** Whatever would keep the process alive: a signal has told it to end. */
async function endWith(code: number): Promise<void> {
  await outputIsWritten()
  process.exit(code)
}

function outputIsWritten(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()))
}

/**
 * As nothing listens for the signal any more, it ends the process, and the parent sees why. Before that the listeners
 * of 'exit' are called, which a signal by itself does not do: they end child processes, and pools that still compute.
 * The kernel ignores the signal in process 1 of a container. There the exit code is that of a shell.
 */
function exitBy(signal: NodeJS.Signals): void {
  process.once('exit', () => process.kill(process.pid, signal))
  process.exit(128 + constants.signals[signal])
}
