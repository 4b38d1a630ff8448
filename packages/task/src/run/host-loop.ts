// The loop that always exists: for listeners, handlers, buttons and libraries with module state, which run outside of
// run(). It never ends by itself, so while it runs it reports unretrieved exceptions, as other loops do when they
// close.

import { type DeadlockError, type ExceptionContext, KeyboardInterrupt, RuntimeError } from '@spindle/loop'
import {
  ambient,
  BaseEventLoop,
  checkGraceTime,
  checkOptions,
  driveByHost,
  type EventLoop,
  type HostLoopClosing,
  hostClock,
  hostProcess,
  reportUnretrieved,
} from '@spindle/loop/internal'
import { wait } from '../combinators/wait.ts'
import { loopParts } from '../tasks/loop-parts.ts'
import { endingTasks } from './clean-up.ts'

/** The options of `closeHostLoop`. */
export interface CloseHostLoopOptions {
  /** How many ms its Tasks have to end before they are cancelled. @default 0 */
  readonly graceTime?: number | undefined
}

/**
 * The default event loop of the thread, which always exists: for event listeners, handlers of a web framework, timers,
 * buttons, and libraries with state, which run outside of `run()`. Its Tasks live until they are done. The host drives
 * it, and it keeps the process alive only while one of its Tasks runs. An exception that is never retrieved is
 * reported: after the host's next turn if nothing waited for the Task, otherwise when the Task is collected or the
 * program ends. That, or a deadlock, ends the process with exit code 1, unless the loop has an exception handler. It
 * ignores fake timers. An addition to asyncio.
 *
 * @example
 * ```ts
 * function* greet(): Coroutine<string> {
 *   yield* sleep(10)
 *   return 'hello'
 * }
 * console.log(await getHostLoop().createTask(greet())) // prints: hello
 * ```
 */
export function getHostLoop(): EventLoop {
  ambient.hostLoop ??= makeHostLoop()
  return ambient.hostLoop.loop
}

/**
 * Ends the host loop: waits up to the grace time for its Tasks, cancels the remaining Tasks, waits for their clean-up,
 * and closes it. No-op if there is none. Close servers before it, and end the process after it. The next
 * `getHostLoop()` makes a new loop.
 * @param options `graceTime`: how many ms its Tasks have to end before they are cancelled, 0 by default
 * @throws RuntimeError if it is called in a Task of the host loop, for which it would wait
 *
 * @example
 * ```ts
 * const task = getHostLoop().createTask(sleep(3_600_000))
 * await closeHostLoop()
 * console.log(task.cancelled()) // prints: true
 * ```
 */
export async function closeHostLoop(options: CloseHostLoopOptions = {}): Promise<void> {
  checkOptions('closeHostLoop()', options, ['graceTime'])
  const { graceTime = 0 } = options
  checkGraceTime(graceTime)
  const { hostLoop } = ambient
  if (hostLoop === undefined) return
  if (ambient.runningLoop === hostLoop.loop && hostLoop.loop.currentTask !== undefined) {
    throw new RuntimeError(
      `closeHostLoop() was called in ${hostLoop.loop.currentTask}, a Task of the host loop, and would wait for it. Call it in plain code`,
    )
  }
  await hostLoop.close({ graceTime })
}

class HostLoop extends BaseEventLoop {
  override defaultExceptionHandler(context: ExceptionContext): void {
    super.defaultExceptionHandler(context)
    const isLost = context.exception !== undefined && (context.future ?? context.task ?? context.handle) !== undefined
    if (isLost) failProcess(context.exception instanceof KeyboardInterrupt ? EXIT_INTERRUPTED : EXIT_FAILED)
  }
}

function makeHostLoop(): NonNullable<typeof ambient.hostLoop> {
  const loop = new HostLoop({ clock: hostClock, parts: loopParts })
  const report = (message: string, exception: unknown, exitCode: number): void => {
    loop.callExceptionHandler({ message, exception })
    if (loop.getExceptionHandler() === undefined) failProcess(exitCode)
  }
  let fail: ((error: DeadlockError) => void) | undefined // of the Task that closes the loop
  const driver = driveByHost(loop, {
    onFailure: (error) =>
      report('Exception in the host loop', error, error instanceof KeyboardInterrupt ? EXIT_INTERRUPTED : EXIT_FAILED),
    onDeadlock: (error) => {
      if (fail === undefined) report('The process ends while Tasks of the host loop wait', error, EXIT_FAILED)
      else fail(error)
    },
  })
  const onExit = (): void => reportUnretrieved(loop)
  hostProcess()?.once('exit', onExit)
  let closing: Promise<void> | undefined
  const close = async (options: HostLoopClosing): Promise<void> => {
    const deadlocked = new Promise<never>((_, reject) => {
      fail = reject
    })
    try {
      await Promise.race([endTasks(loop, options), deadlocked])
    } finally {
      ambient.hostLoop = undefined
      hostProcess()?.off('exit', onExit)
      driver.end()
      loop.close()
    }
  }
  return {
    loop,
    close: (options) => {
      closing ??= close(options)
      return closing
    },
  }
}

async function endTasks(loop: EventLoop, { graceTime, cleanUpLimit }: HostLoopClosing): Promise<void> {
  if (graceTime > 0 && loop.tasks.size > 0) await tasksEndedOrTimeout(loop, graceTime)
  for (const awaited of endingTasks(loop, cleanUpLimit)) await loop.ensureFuture(awaited)
}

/** Waits for the Tasks, and for the Tasks that they start, for at most `limit` ms. */
async function tasksEndedOrTimeout(loop: EventLoop, limit: number): Promise<void> {
  const end = loop.time() + limit
  while (loop.tasks.size > 0 && loop.time() < end)
    await loop.createTask(wait([...loop.tasks], { timeout: end - loop.time() }))
}

function failProcess(exitCode: number): void {
  const process = hostProcess()
  if (process !== undefined) process.exitCode ??= exitCode
}

const EXIT_FAILED = 1
const EXIT_INTERRUPTED = 130 // 128 + SIGINT
