import { type Awaitable, KeyboardInterrupt } from '@spindle/loop'
import { type RunnerOptions, run } from '@spindle/task'

/** How `runMain` runs a program. */
export interface RunMainOptions extends RunnerOptions {
  /** The signals that cancel the program. Ctrl-C does so anyway. @default ['SIGTERM', 'SIGHUP'] */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

/**
 * Runs the main coroutine of a program, and has the process end as programs do: with the exit code that it returns (0 if it returns
 * none), with 1 after it has printed an exception, or by the signal that has cancelled it: the first `SIGTERM`, `SIGHUP` or Ctrl-C cancels
 * the coroutine and has it clean up, the second ends the process at once.
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
export async function runMain(main: Awaitable<number | void>, options: RunMainOptions = {}): Promise<void> {
  const { signals = ['SIGTERM', 'SIGHUP'], ...running } = options
  const controller = new AbortController()
  let received: NodeJS.Signals | undefined
  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (received === undefined) {
      received = signal
      controller.abort(new Error(signal))
      return
    }
    stop()
    process.kill(process.pid, signal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const code = await run(main, { ...running, signal: controller.signal })
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    stop()
    if (error === controller.signal.reason && received !== undefined) await endBy(received)
    else if (error instanceof KeyboardInterrupt) await endBy('SIGINT')
    else {
      console.error(error)
      process.exitCode = 1
    }
  } finally {
    stop()
  }
}

/**
 * As nobody listens for the signal any more, it ends the process, and who has started it sees why. Before that, those who listen for
 * 'exit' have their turn, of which a signal by itself tells nobody: pools end what still computes for them.
 */
async function endBy(signal: NodeJS.Signals): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve())) // what was printed is not lost
  process.once('exit', () => process.kill(process.pid, signal))
  process.exit()
}
