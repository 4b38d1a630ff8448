import type { Awaitable, EventLoop, Future } from '@spindle/loop'
import { listOf, repr, startIdleTimer } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'

// After this time, a run prints the Tasks it waits for, to explain why the program does not end.
const QUIET_MS = 10_000

// How often the clean-up of Tasks may leave new Tasks.
const MAX_ROUNDS = 100

/**
 * The end of every kind of run: cancels the Tasks that are left, awaits them, and does the same with the Tasks that
 * their clean-up has made, until none is left. Yields what has to be awaited for that, whichever driver the loop has.
 * @param limit how long all of them may clean up, in ms; undefined for no limit
 */
export function* endingTasks(loop: EventLoop, limit: number | undefined): Generator<Awaitable<unknown>> {
  const deadline = limit === undefined ? undefined : { limit, when: loop.time() + limit }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const left = [...loop.tasks] as Task[] // the cast: the set contains only Tasks
    if (left.length > 0) yield cancelled(loop, left, deadline)
    for (const task of left) reportFailed(loop, task)
    // asyncio ends its generators and its executor here, with a run for each: callbacks that are ready are called.
    yield nextIteration(loop)
    yield nextIteration(loop)
    const { shutdown } = loop
    if (shutdown !== undefined) yield shutdown()
    if (loop.tasks.size === 0 || left.some((task) => !task.done())) return
  }
  const message = `The clean-up of Tasks has made new Tasks ${MAX_ROUNDS} times. The run ends without:${listOf([...loop.tasks])}`
  loop.callExceptionHandler({ message })
}

/** Cancels the Tasks. Returns a Future that is done when they have ended or the time is over. */
function cancelled(
  loop: EventLoop,
  left: readonly Task[],
  deadline: { readonly limit: number; readonly when: number } | undefined,
): Future<unknown> {
  const ended = loop.createFuture<undefined>()
  for (const task of left) task.requestCancel({ by: 'the end of the run' })
  loop.explainer?.awaitsEnd(left)
  const timer =
    deadline === undefined
      ? startIdleTimer(QUIET_MS, () => reportRunning(left, QUIET_MS, 'The run waits for it'))
      : loop.callAt(deadline.when, () => {
          reportRunning(left, deadline.limit, 'The run ends without it')
          if (!ended.done()) ended.setResult(undefined)
        })
  // Like gather(), reduced to the needs of a page that only calls run(). Its Future ends the run by itself:
  // one in between would let an iteration more run than in asyncio.
  let running = left.length
  const onChildDone = (): void => {
    if (--running > 0) return
    timer.cancel()
    for (const task of left) if (task.hasException()) task.exception() // reported with the run
    if (!ended.done()) ended.setResult(undefined)
  }
  for (const task of left) task.addDoneCallback(onChildDone)
  return ended
}

function nextIteration(loop: EventLoop): Future<unknown> {
  const begun = loop.createFuture<undefined>()
  loop.callSoon(() => begun.setResult(undefined))
  return begun
}

function reportFailed(loop: EventLoop, task: Task): void {
  if (!task.done() || task.cancelled() || !task.hasException()) return
  const message = 'unhandled exception during run() shutdown'
  loop.callExceptionHandler({ message, exception: task.exception(), task })
}

function reportRunning(tasks: readonly Task[], duration: number, consequence: string): void {
  for (const task of tasks) {
    if (task.done()) continue
    const message = `Task ${repr(task.getName())} was cancelled at the end of the run, and has not ended for ${duration} ms. ${consequence}`
    task.getLoop().callExceptionHandler({ message, task })
  }
}
