import { type Coroutine, type EventLoop, type ExceptionContext, VirtualClock } from '@spindle/loop'
import { ensureFuture, isCoroutine, newEventLoop, Runner, type Task } from '@spindle/task'

/** One of the runs that `cancelEverywhere` makes. */
export interface CancelledRun<out T> {
  /** At which point the Task was cancelled: 1 is before its first step. undefined: it was not, it ended by itself. */
  readonly point: number | undefined
  /** The Task that ran the program. It is done. */
  readonly task: Task<T>
}

/**
 * Runs a program again and again, each time in a loop of its own and in virtual time, and cancels its Task at another point each
 * time: before its first step, then between any two things the loop does, until the program ends before that point comes. A lock
 * that stays locked, a waiter who is never woken, an item that is lost: what a cancellation breaks at an unlucky moment is found,
 * and at the same point each time. The last run, in which nothing is cancelled, is checked as well.
 *
 * A run fails when the program or the check waits forever, when the check throws, and when something is reported to the loop's
 * exception handler. An exception of the program is so reported unless the check asks the Task for it.
 * @param program creates whatever it uses; Tasks it leaves behind run on during the check, and are cancelled then
 * @param check called in the loop of the run when the program has ended; as a coroutine function it may wait
 * @returns at how many points the Task was cancelled
 * @throws Error with the number of the point and, as its `cause`, what went wrong there
 *
 * @example
 * ```ts
 * let open = 0
 * function* connection(): Coroutine<void> {
 *   open++
 *   try {
 *     yield* sleep(100)
 *   } finally {
 *     open--
 *   }
 * }
 * const points = await cancelEverywhere(connection, () => {
 *   if (open > 0) throw new Error('the connection was left open')
 * })
 * console.log(points) // prints: 3
 * ```
 */
export async function cancelEverywhere<T>(
  program: () => Coroutine<T>,
  check: (run: CancelledRun<T>) => unknown = () => {},
): Promise<number> {
  for (let point = 1; ; point++) {
    const cancelled = await cancelAt(point, program, check)
    if (!cancelled) return point - 1
  }
}

/** Tells whether the program was still running at that point. */
async function cancelAt<T>(
  point: number,
  program: () => Coroutine<T>,
  check: (run: CancelledRun<T>) => unknown,
): Promise<boolean> {
  const reports: ExceptionContext[] = []
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  const runner = new Runner({ loopFactory: () => loop })
  runner.getLoop() // from here on it is the runner that closes it
  let cancelled = false
  try {
    try {
      const task = loop.createTask(program(), { name: 'program' }) as Task<T> // newEventLoop() makes loops that make Tasks
      atPoint(point, loop, () => {
        if (!task.done()) cancelled = task.cancel(`at point ${point}`)
      })
      // A Future, as one more Task would add to what the loop does.
      const ended = loop.createFuture<void>()
      task.addDoneCallback(() => ended.setResult())
      await loop.runUntilComplete(ended)
      await runner.run(checking(check, { point: cancelled ? point : undefined, task }))
    } finally {
      await runner.close()
    }
    const [first] = reports
    if (first !== undefined) {
      throw new Error(`reported to the exception handler: ${first.message}`, { cause: first.exception })
    }
  } catch (cause) {
    const when = cancelled ? `cancelled at point ${point}` : 'not cancelled'
    throw new Error(`${when}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  return cancelled
}

/** Has the loop do one thing at a time, and calls `act` when it has done all but one of `point` things. */
function atPoint(point: number, loop: EventLoop, act: () => void): void {
  let at = 1
  if (point === at) act()
  const runReady = loop.runReady
  loop.runReady = () => {
    const ran = runReady.call(loop, 1)
    if (ran > 0 && ++at === point) act()
    return ran
  }
}

function* checking<T>(check: (run: CancelledRun<T>) => unknown, run: CancelledRun<T>): Coroutine<void> {
  const checked = check(run)
  if (isCoroutine(checked)) yield* checked
  else if (checked instanceof Promise) yield* ensureFuture(checked)
}
