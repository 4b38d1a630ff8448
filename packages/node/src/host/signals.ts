import { constants } from 'node:os'
import { copyContext, type EventLoop, getRunningLoop, RuntimeError } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'

// For each loop, the functions that remove its listeners for signals.
const handlers = new WeakMap<EventLoop, Map<NodeJS.Signals, () => void>>()

/**
 * Makes the running loop call `callback` with `args` when this process receives a signal, instead of what the signal
 * does otherwise: `runMain` does not cancel the program by it. It replaces an earlier handler. As long as it is set and
 * its loop is open, the process keeps running, waiting for the signal. asyncio: `loop.add_signal_handler`.
 * @param signal such as `'SIGTERM'`
 * @param callback runs in an iteration of the running loop
 * @param args of the callback
 * @throws RangeError if there is no such signal, or it can't be handled (`SIGKILL`); RuntimeError if no loop is
 * running, or in a blocking run, where no signal could be handled
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const received = new Event()
 *   addSignalHandler('SIGUSR2', () => received.set())
 *   process.kill(process.pid, 'SIGUSR2')
 *   yield* received.wait()
 *   console.log('received', removeSignalHandler('SIGUSR2')) // prints: received true
 * }
 * await run(main())
 * ```
 */
export function addSignalHandler<A extends readonly unknown[]>(
  signal: NodeJS.Signals,
  callback: (...args: A) => unknown,
  ...args: A
): void {
  checkSignal(signal)
  if (typeof callback !== 'function') throw new TypeError(`addSignalHandler() takes a function, got ${repr(callback)}`)
  const loop = getRunningLoop()
  if (loop.blocking) {
    throw new RuntimeError(
      `addSignalHandler('${signal}') is not possible in a blocking run: the thread is blocked, so the signal would be lost. ` +
        'Use `await run(…)` instead of `runSync(…)`',
    )
  }
  removeFrom(loop, signal)
  const context = copyContext()
  const listener = (): void => {
    context.copy().run(() => loop.callSoon(callback, ...args))
  }
  process.on(signal, listener)
  // Node does not wait for signals, and a loop that waits for nothing else would count as deadlocked.
  const alive = setInterval(() => {}, 2 ** 30)
  const remove = (): void => {
    clearInterval(alive)
    process.off(signal, listener)
    loop.closeCallbacks.delete(remove)
    handlers.get(loop)?.delete(signal)
  }
  loop.closeCallbacks.add(remove)
  if (!handlers.has(loop)) handlers.set(loop, new Map())
  handlers.get(loop)?.set(signal, remove)
}

/**
 * Removes the handler that `addSignalHandler` has set in the running loop, and returns whether there was one. asyncio:
 * `loop.remove_signal_handler`.
 * @param signal such as `'SIGTERM'`
 */
export function removeSignalHandler(signal: NodeJS.Signals): boolean {
  checkSignal(signal)
  return removeFrom(getRunningLoop(), signal)
}

function removeFrom(loop: EventLoop, signal: NodeJS.Signals): boolean {
  const remove = handlers.get(loop)?.get(signal)
  remove?.()
  return remove !== undefined
}

function checkSignal(signal: NodeJS.Signals): void {
  if (!Object.hasOwn(constants.signals, signal)) throw new RangeError(`there is no signal ${repr(signal)}`)
  if (signal === 'SIGKILL' || signal === 'SIGSTOP') throw new RangeError(`${signal} cannot be handled`)
}
