import { type CreateTaskOptions, type EventLoopOptions, setEventLoop, type TaskFactory } from '@spindle/loop'
import { ambient, checkOptions, type Drivers, EventLoop, type TaskSupport } from '@spindle/loop/internal'
import { coroutineOf } from '../coroutines/coroutine-of.ts'
import { defaultTools } from '../explain/default-tools.ts'
import { allDrivers } from './all-drivers.ts'
import { driversOfRun } from './drivers-of-run.ts'
import { captureStores, HostTask } from './host-task.ts'
import { Task, type TaskOptions } from './task.ts'

const taskSupport: TaskSupport = {
  createTask: (loop, coroutine, options) =>
    new HostTask(coroutine, options === loop.ownOptions ? loop.ownOptions : inLoop(loop, options)),
  coroutineOf: (given) => coroutineOf('createTask', given),
  captureStores,
  beforeClose,
}

/** Makes the Tasks of loops that opt out of Node's `AsyncLocalStorage`. */
export const plainTaskFactory: TaskFactory = (loop, coroutine, options) =>
  new Task(coroutine, options === loop.ownOptions ? loop.ownOptions : inLoop(loop, options))

export function withTasks(): EventLoopOptions {
  return { tasks: taskSupport, tools: defaultTools }
}

function inLoop(loop: EventLoop, options: CreateTaskOptions): TaskOptions {
  checkOptions('createTask()', options, ['name', 'context', 'eagerStart'])
  const { name, context, eagerStart } = options
  // Not `{ ...options, loop }`: a spread makes an object of another shape each time, which makes each new Task 15 %
  // more expensive.
  return { loop, name, context, eagerStart }
}

function beforeClose(loop: EventLoop): void {
  for (const task of loop.tasks) loop.callExceptionHandler({ message: 'Task was destroyed but it is pending!', task })
  leaveLines(loop)
}

/** A Future in the queue of a lock, semaphore, …: it holds up the waiters behind it until it leaves. */
export interface QueuedWaiter {
  leaveClosedLoop(): void
  passOn(): void
}

/**
 * Tasks of a closed loop never run again, so they must not hold up Tasks of other loops that queue for the same lock.
 * All of them leave before any of them passes its turn on.
 */
function leaveLines(loop: EventLoop): void {
  const waiters: QueuedWaiter[] = []
  for (const task of loop.tasks) {
    const waiter: object | undefined = task.waitedFor
    if (waiter !== undefined && 'leaveClosedLoop' in waiter) waiters.push(waiter as QueuedWaiter)
  }
  for (const waiter of waiters) waiter.leaveClosedLoop()
  for (const waiter of waiters) waiter.passOn()
}

/**
 * Makes an event loop. Close it when you are done with it. asyncio: `asyncio.new_event_loop`.
 * @param options `clock`: the clock of the machine by default; `debug`: false by default
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * console.log(loop.runUntilCompleteSync(sleep(10, 'slept'))) // prints: slept
 * loop.close()
 * ```
 */
export function newEventLoop(options: EventLoopOptions = {}): EventLoop {
  if (options.ready === undefined) checkOptions('newEventLoop()', options, ['clock', 'debug'])
  return new EventLoop({ ...options, ...withTasks(), drivers: allDrivers() })
}

/** The loop of a run. Inside a turn of a loop in virtual time, it shares the clock of that loop. */
export function newLoopOfRun(drivers: Drivers | undefined = driversOfRun): EventLoop {
  return new EventLoop({ drivers, ...timeOfRunning(), ...withTasks() })
}

function timeOfRunning(): EventLoopOptions {
  const running = ambient.runningLoop
  return running?.hasVirtualTime && running.hostDriven ? { clock: running.clock, drivers: running.drivers } : {}
}

/**
 * The running loop, otherwise the loop set with `setEventLoop`, otherwise a new loop, which is set. asyncio:
 * `asyncio.get_event_loop`, which since 3.14 raises in place of making one.
 */
export function getEventLoop(): EventLoop {
  const loop = defaultEventLoop()
  loop.drivers ??= allDrivers()
  return loop
}

/** `newEventLoop()` for internal callers: in a page, it omits the blocking drivers. */
export function defaultEventLoop(): EventLoop {
  const loop = ambient.runningLoop ?? ambient.defaultLoop
  if (loop !== undefined) return loop
  const made = new EventLoop({ ...withTasks(), drivers: driversOfRun })
  setEventLoop(made)
  return made
}
